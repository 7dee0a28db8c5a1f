#include "operators/sampling/fourier_sampling.h"

#include <cmath>
#include <numbers>

#include "librestore/core/error.h"
#include "librestore/model/random.h"
#include "operators/numeric/fourier.h"

namespace restore {
namespace {

// f(-u, -v) in the place of f(u, v).
torch::Tensor opposite(const torch::Tensor& f) { return f.flip({0, 1}).roll({1, 1}, {0, 1}); }

// -n/2 .. n/2 - 1 over n in the order of the transform.
torch::Tensor frequencies(std::int64_t n) {
  const auto k = torch::arange(n, torch::kFloat64);
  return torch::where(k < static_cast<double>(n + 1) / 2, k, k - static_cast<double>(n)) /
         static_cast<double>(n);
}

torch::Tensor is_central(std::int64_t n, double centre) {
  return frequencies(n).abs() < centre / 2;
}

// True with that probability, the same for opposite frequencies: the smaller of two uniform numbers is
// below t with probability 1 - (1 - t)^2.
torch::Tensor drawn(Rng& rng, std::int64_t height, std::int64_t width, double fraction) {
  const auto score = rand(rng, {1, height, width})[0][0];
  return torch::minimum(score, opposite(score)) < 1 - std::sqrt(1 - fraction);
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
  // On the square of both axes' frequencies, so that every spoke reaches the border.
  const auto u = frequencies(scene.height).unsqueeze(1), v = frequencies(scene.width).unsqueeze(0);
  const double half_pixel = 0.5 / static_cast<double>(std::max(scene.height, scene.width));
  auto measured = torch::zeros({scene.height, scene.width}, torch::kBool);
  for (std::int64_t i = 0; i < spokes; ++i) {
    const double angle = std::numbers::pi * static_cast<double>(i) / static_cast<double>(spokes);
    measured |= (u * std::cos(angle) - v * std::sin(angle)).abs() <= half_pixel;
  }
  return measured;
}

}  // namespace restore
