#include "operators/sampling/fourier_sampling.h"

#include <cmath>
#include <numbers>

#include "librestore/core/error.h"
#include "librestore/core/interrupt.h"
#include "librestore/model/random.h"
#include "operators/numeric/fourier.h"

namespace restore {
namespace {

// f(-u, -v) in the place of f(u, v).
torch::Tensor opposite(const torch::Tensor& f) { return f.flip({0, 1}).roll({1, 1}, {0, 1}); }

// 0, 1 .. n/2, then the negative ones, over n: the order of the transform.
torch::Tensor frequencies(std::int64_t n) {
  const auto k = torch::arange(n, torch::kFloat64);
  return torch::where(k < static_cast<double>(n + 1) / 2, k, k - static_cast<double>(n)) /
         static_cast<double>(n);
}

torch::Tensor is_central(std::int64_t n, double centre) {
  return frequencies(n).abs() < centre / 2;
}

// True with that probability, the same for opposite frequencies: the smaller of two uniform numbers
// is below t with probability 1 - (1 - t)^2.
torch::Tensor drawn(Rng& rng, std::int64_t height, std::int64_t width, double fraction) {
  const auto score = rand(rng, {1, height, width})[0][0];
  return torch::minimum(score, opposite(score)) < 1 - std::sqrt(1 - fraction);
}

// Calls visit(i) for the places i of the three frequencies of an axis of n that are nearest to f.
template <typename Visit>
void for_nearest(double f, std::int64_t n, const Visit& visit) {
  const std::int64_t nearest = std::llround(f * static_cast<double>(n));
  const auto first = std::max(nearest - 1, -(n - 1) / 2), last = std::min(nearest + 1, n / 2);
  for (auto k = first; k <= last; ++k) visit(k < 0 ? k + n : k);
}

}  // namespace

FourierSampling::FourierSampling(const Shape& scene, const torch::Tensor& measured)
    : PlanewiseIsometry(scene, scene) {
  if (measured.size(0) != scene.height || measured.size(1) != scene.width)
    throw usage_error("the pattern is {}x{}, the picture {}x{} (width x height)", measured.size(1),
                      measured.size(0), scene.width, scene.height);
  measured_ = (measured | opposite(measured)).unsqueeze(0).unsqueeze(0).contiguous();
  if (!measured_.any().item<bool>()) throw usage_error("the pattern measures no frequency");
}

torch::Tensor FourierSampling::V(const torch::Tensor& coefficients) const {
  return hartley(coefficients);
}

torch::Tensor FourierSampling::Vt(const torch::Tensor& x) const { return hartley(x); }

torch::Tensor FourierSampling::U(const torch::Tensor& coefficients) const {
  return coefficients * measured_;
}

torch::Tensor FourierSampling::singular_values() const {
  return measured_.to(torch::kFloat64).expand(input_shape().batch(1));
}

torch::Tensor random_frequencies(const Shape& scene, double fraction, double centre,
                                 std::uint64_t seed) {
  Rng rng(seed);
  const auto central =
      is_central(scene.height, centre).unsqueeze(1) & is_central(scene.width, centre);
  return central | drawn(rng, scene.height, scene.width, fraction);
}

torch::Tensor random_lines(const Shape& scene, double fraction, double centre, std::uint64_t seed) {
  Rng rng(seed);
  const auto rows =
      is_central(scene.height, centre).unsqueeze(1) | drawn(rng, scene.height, 1, fraction);
  return rows.expand({scene.height, scene.width});
}

torch::Tensor radial_frequencies(const Shape& scene, std::int64_t spokes) {
  const auto longer = static_cast<double>(std::max(scene.height, scene.width));
  // No frequency is longer than 1/sqrt(2): the nearest of so many spokes is less than half a pixel
  // away.
  if (static_cast<double>(spokes) > std::numbers::pi * longer)
    return torch::ones({scene.height, scene.width}, torch::kBool);
  // On the square of both axes' frequencies, so that every spoke reaches the border.
  const auto us = frequencies(scene.height), vs = frequencies(scene.width);
  const auto* u = us.data_ptr<double>();
  const auto* v = vs.data_ptr<double>();
  auto measured = torch::zeros({scene.height, scene.width}, torch::kBool);
  auto out = measured.accessor<bool, 2>();
  for (std::int64_t i = 0; i < spokes; ++i) {
    throw_if_interrupted();
    const double angle = std::numbers::pi * static_cast<double>(i) / static_cast<double>(spokes);
    const double cosine = std::cos(angle), sine = std::sin(angle);
    const auto look = [&](std::int64_t a, std::int64_t b) {
      if (std::abs(u[a] * cosine - v[b] * sine) <= 0.5 / longer) out[a][b] = true;
    };
    // Along the axis that the spoke is nearer to it is at most 1/sqrt(2) pixels wide each way.
    if (std::abs(cosine) > std::abs(sine))
      for (std::int64_t b = 0; b < scene.width; ++b)
        for_nearest(v[b] * sine / cosine, scene.height, [&](std::int64_t a) { look(a, b); });
    else
      for (std::int64_t a = 0; a < scene.height; ++a)
        for_nearest(u[a] * cosine / sine, scene.width, [&](std::int64_t b) { look(a, b); });
  }
  return measured;
}

}  // namespace restore
