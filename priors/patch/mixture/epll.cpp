// Zoran, Weiss 2011, "From learning models of natural image patches to whole image restoration",
// https://doi.org/10.1109/ICCV.2011.6126278
#include "priors/patch/mixture/epll.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <ATen/ATen.h>

#include "librestore/core/interrupt.h"
#include "librestore/core/parallel.h"
#include "priors/classic/opponent_colours.h"

namespace restore {
namespace {

constexpr std::array kSteps{1.0, 4.0, 8.0, 16.0, 32.0};  // b, the paper's
constexpr int kGroup = NoisyMixture::kGroup;
constexpr std::int64_t kStrip = 8;  // rows of patches whose estimates are summed in one buffer

// `count` <= kGroup patches side by side, from the pixel that `from` points to: z is 64 x kGroup,
// their means are taken out; what is past `count` is zero.
void read_patches(const float* from, std::int64_t stride, std::int64_t count, float* z,
                  float* means) {
  std::fill(z, z + kPatchValues * kGroup, 0.0F);
  std::fill(means, means + kGroup, 0.0F);
  for (int j = 0; j < kPatchValues; ++j) {
    const float* row = from + j / kPatchSide * stride + j % kPatchSide;
    for (std::int64_t i = 0; i < count; ++i) {
      z[j * kGroup + i] = row[i];
      means[i] += row[i] / kPatchValues;
    }
  }
  for (int j = 0; j < kPatchValues; ++j)
    for (std::int64_t i = 0; i < count; ++i) z[j * kGroup + i] -= means[i];
}

// Adds the estimates of one row of patches to `sum`, whose rows are `stride` wide.
void add_row(const NoisyMixture& mixture, const float* from, std::int64_t stride,
             std::int64_t patches, float* sum) {
  alignas(64) float z[kPatchValues * kGroup], patch[kPatchValues], means[kGroup];
  int guess = 0;
  for (std::int64_t x = 0; x < patches; x += kGroup) {
    const auto count = std::min<std::int64_t>(kGroup, patches - x);
    read_patches(from + x, stride, count, z, means);
    // Neighbours look alike: the last group's last component is a good guess.
    const auto component = mixture.likeliest(z, guess);
    guess = component[count - 1];
    for (std::int64_t i = 0; i < count; ++i) {
      for (int j = 0; j < kPatchValues; ++j) patch[j] = z[j * kGroup + i];
      mixture.shrink(component[i], patch);
      for (int dy = 0; dy < kPatchSide; ++dy)
        for (int dx = 0; dx < kPatchSide; ++dx)
          sum[dy * stride + x + i + dx] += patch[dy * kPatchSide + dx] + means[i];
    }
  }
}

// How many patches cover each of n places in a row.
torch::Tensor coverage(std::int64_t n) {
  const auto i = torch::arange(n, torch::kFloat32);
  return torch::minimum(i, torch::full({}, static_cast<float>(n - kPatchSide))) -
         (i - (kPatchSide - 1)).clamp_min(0) + 1;
}

// Every plane of y, n x H x W, with noise of the same level.
torch::Tensor denoise_planes(const MixtureSpectra& spectra, const torch::Tensor& y, double sigma) {
  auto x = y.clone();
  for (const double b : kSteps) {
    const NoisyMixture mixture(spectra, sigma / std::sqrt(b));
    for (std::int64_t n = 0; n < y.size(0); ++n) {
      throw_if_interrupted();
      // x = (y + b z) / (1 + b)
      x[n].copy_((y[n] + b * patch_estimate(mixture, x[n])) / (1 + b));
    }
  }
  return x;
}

}  // namespace

torch::Tensor patch_estimate(const NoisyMixture& mixture, const torch::Tensor& x) {
  const auto picture = x.contiguous();
  const auto height = x.size(0), width = x.size(1);
  const auto rows = height - kPatchSide + 1, strips = (rows + kStrip - 1) / kStrip;
  auto sums = torch::zeros({strips, kStrip + kPatchSide - 1, width});
  parallel_ranges(strips, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t s = begin; s < end; ++s)
      for (std::int64_t row = s * kStrip; row < std::min(rows, (s + 1) * kStrip); ++row)
        add_row(mixture, picture.data_ptr<float>() + row * width, width, width - kPatchSide + 1,
                sums.data_ptr<float>() + (s * sums.size(1) + row - s * kStrip) * width);
  });
  auto sum = torch::zeros({height, width});
  for (std::int64_t s = 0; s < strips; ++s) {
    const auto count = std::min(sums.size(1), height - s * kStrip);
    sum.narrow(0, s * kStrip, count).add_(sums[s].narrow(0, 0, count));
  }
  return sum / (coverage(height).view({-1, 1}) * coverage(width));
}

Epll::Epll(const PatchMixture& mixture, std::string name)
    : spectra_(spectra_of(mixture)), name_(std::move(name)) {}

torch::Tensor Epll::denoise(const torch::Tensor& x, double sigma) const {
  if (sigma == 0) return x.clone();
  const auto height = x.size(2), width = x.size(3);
  const auto missing = [](std::int64_t n) { return std::max<std::int64_t>(0, kPatchSide - n); };
  const auto padded = at::replication_pad2d(to_opponent(x.to(torch::kFloat32)),
                                            {0, missing(width), 0, missing(height)})
                          .contiguous();
  auto estimate = torch::empty_like(padded);
  const auto denoise_channels = [&](std::int64_t first, std::int64_t count, double scale) {
    const auto planes = padded.narrow(1, first, count);
    const auto found = denoise_planes(spectra_, planes.flatten(0, 1) / scale, sigma / scale);
    estimate.narrow(1, first, count).copy_(scale * found.view_as(planes));
  };
  const bool colour = x.size(1) == 3;
  // to_opponent's brightness is sqrt(3) times the mean.
  denoise_channels(0, 1, colour ? std::sqrt(3.0) : 1);
  if (x.size(1) > 1) denoise_channels(1, x.size(1) - 1, 1);
  return from_opponent(estimate.narrow(2, 0, height).narrow(3, 0, width).contiguous())
      .to(x.scalar_type());
}

}  // namespace restore
