// Dempster, Laird, Rubin 1977, "Maximum likelihood from incomplete data via the EM algorithm",
// https://doi.org/10.1111/j.2517-6161.1977.tb01600.x
#include "priors/patch/mixture/mixture_fit.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "librestore/core/interrupt.h"
#include "librestore/core/parallel.h"

namespace restore {
namespace {

constexpr int kTogether = NoisyMixture::kGroup;
constexpr int kSquare = kPatchValues * kPatchValues;
constexpr double kRounding = 1 / (255 * 3.4641015);  // of 8 bits, a standard deviation
constexpr float kLeastShare = 1e-3F;                 // smaller responsibilities count as none
constexpr int kRanges = 16;                          // with sums of their own
constexpr int kEarlyStride = 8;

// What the M step needs, of some of the patches.
struct Sums {
  explicit Sums(int K) : share(K), products(static_cast<std::size_t>(K) * kSquare) {}

  // Adds a patch of which the part r belongs to component k.
  void add(int k, float r, const float* z) {
    share[k] += r;
    double* const C = products.data() + static_cast<std::size_t>(k) * kSquare;
    for (int i = 0; i < kPatchValues; ++i) {
      const double a = static_cast<double>(r) * z[i];
      for (int j = 0; j <= i; ++j) C[i * kPatchValues + j] += a * z[j];
    }
  }
  void add(const Sums& other) {
    log_density += other.log_density;
    for (std::size_t i = 0; i < share.size(); ++i) share[i] += other.share[i];
    for (std::size_t i = 0; i < products.size(); ++i) products[i] += other.products[i];
  }

  double log_density = 0;
  std::vector<double> share, products;  // K; K x 64 x 64, lower triangles
};

// The E step of patches [begin, end) of those that `stride` leaves.
void expect(const NoisyMixture& mixture, const float* patches, std::int64_t stride,
            std::int64_t begin, std::int64_t end, Sums& sums) {
  alignas(64) float z[kPatchValues * kTogether];
  std::vector<float> densities(static_cast<std::size_t>(mixture.size()) * kTogether);
  for (std::int64_t first = begin; first < end; first += kTogether) {
    throw_if_interrupted();
    const int count = static_cast<int>(std::min<std::int64_t>(kTogether, end - first));
    std::fill(std::begin(z), std::end(z), 0.0F);
    const auto patch = [&](int i) { return patches + (first + i) * stride * kPatchValues; };
    for (int i = 0; i < count; ++i)
      for (int j = 0; j < kPatchValues; ++j) z[j * kTogether + i] = patch(i)[j];
    mixture.log_densities(z, densities.data());
    for (int i = 0; i < count; ++i) {
      float largest = densities[i];
      for (int k = 1; k < mixture.size(); ++k)
        largest = std::max(largest, densities[k * kTogether + i]);
      float total = 0;
      for (int k = 0; k < mixture.size(); ++k) {
        float& density = densities[k * kTogether + i];
        density = density - largest < -20 ? 0 : std::exp(density - largest);
        total += density;
      }
      sums.log_density += largest + std::log(total);
      for (int k = 0; k < mixture.size(); ++k) {
        const float r = densities[k * kTogether + i] / total;
        if (r > kLeastShare) sums.add(k, r, patch(i));
      }
    }
  }
}

// The M step. A component that lost its patches keeps its covariance and a patch's weight.
PatchMixture maximise(const Sums& sums, const PatchMixture& last, double n) {
  PatchMixture next{last.weights.clone(), last.covariances.clone()};
  auto weights = next.weights.accessor<double, 1>();
  for (std::int64_t k = 0; k < next.size(); ++k) {
    weights[k] = std::max(sums.share[k], 1.0) / n;
    if (sums.share[k] < kPatchValues) continue;
    double* const C = next.covariances.data_ptr<double>() + k * kSquare;
    for (int i = 0; i < kPatchValues; ++i)
      for (int j = 0; j <= i; ++j)
        C[i * kPatchValues + j] = C[j * kPatchValues + i] =
            sums.products[static_cast<std::size_t>(k) * kSquare + i * kPatchValues + j] /
            sums.share[k];
  }
  next.weights /= next.weights.sum();
  return next;
}

}  // namespace

PatchMixture fit_mixture(const PatchSample& sample, const MixtureFitOptions& options,
                         const FitReport& report) {
  const auto K = sample.starts.size(0);
  PatchMixture mixture{torch::full({K}, 1.0 / static_cast<double>(K), torch::kFloat64),
                       sample.starts.clone()};
  const auto patches = sample.patches.contiguous();
  for (int iteration = 0; iteration < options.iterations; ++iteration) {
    const std::int64_t stride = iteration < options.iterations * 3 / 4 ? kEarlyStride : 1;
    const auto n = (patches.size(0) + stride - 1) / stride;
    const NoisyMixture at(spectra_of(mixture), 0, kRounding * kRounding);
    std::vector<Sums> parts(kRanges, Sums(static_cast<int>(K)));
    parallel_ranges(kRanges, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t part = begin; part < end; ++part)
        expect(at, patches.data_ptr<float>(), stride, n * part / kRanges, n * (part + 1) / kRanges,
               parts[part]);
    });
    for (int part = 1; part < kRanges; ++part) parts[0].add(parts[part]);
    // log N's constant, -63/2 log 2 pi, and per value.
    constexpr int kDimensions = kPatchValues - 1;
    const double mean = parts[0].log_density / static_cast<double>(n) -
                        kDimensions * 0.5 * std::log(2 * std::numbers::pi);
    if (report) report(iteration + 1, mean / kDimensions);
    mixture = maximise(parts[0], mixture, static_cast<double>(n));
  }
  return mixture;
}

}  // namespace restore
