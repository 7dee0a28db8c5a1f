// Buades, Coll, Morel 2005, "A non-local algorithm for image denoising",
// https://doi.org/10.1109/CVPR.2005.38
#include "priors/classic/nonlocal_means.h"

#include <fmt/format.h>

#include "librestore/core/interrupt.h"
#include "librestore/core/parallel.h"
#include "priors/classic/mirror.h"
#include "priors/classic/nonlocal_means_kernels.h"

namespace restore {
namespace {

constexpr double kFiltering = 0.5;       // h in units of sigma
constexpr std::int64_t kStripRows = 16;  // what is summed up stays in the cache

// Of one picture, C x H x W.
template <typename T>
torch::Tensor denoise_item(const torch::Tensor& x, double sigma, double h) {
  const auto channels = x.size(0), height = x.size(1), width = x.size(2);
  const auto padded = mirror_pad(x.unsqueeze(0), nlm::kMargin).contiguous();
  const auto sums = torch::zeros({channels + 2, height, width}, x.options());
  const auto plane = height * width, padded_width = width + 2 * nlm::kMargin;
  const double values = static_cast<double>(channels) * nlm::kPatchSide * nlm::kPatchSide;
  const T scale = static_cast<T>(1 / (values * h * h));
  const T bias = static_cast<T>(2 * sigma * sigma / (h * h));
  const auto strips = (height + kStripRows - 1) / kStripRows;
  parallel_ranges(strips, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<T> scratch(nlm::scratch_size(width));
    for (auto s = begin; s < end; ++s) {
      throw_if_interrupted();
      const auto top = s * kStripRows;
      T* const first = sums.data_ptr<T>() + top * width;
      const nlm::Strip<T> strip{channels,
                                std::min(kStripRows, height - top),
                                width,
                                padded.data_ptr<T>() + top * padded_width,
                                (height + 2 * nlm::kMargin) * padded_width,
                                first,
                                plane,
                                first + channels * plane,
                                first + (channels + 1) * plane};
      for (std::int64_t dy = -nlm::kSearch; dy <= nlm::kSearch; ++dy)
        for (std::int64_t dx = -nlm::kSearch; dx <= nlm::kSearch; ++dx)
          if (dy != 0 || dx != 0) nlm::accumulate(strip, dy, dx, scale, bias, scratch.data());
    }
  });
  // Where nothing is alike the pixel keeps its value.
  const auto largest = sums[channels + 1].clamp_min(1e-30);
  return (sums.narrow(0, 0, channels) + largest * x) / (sums[channels] + largest);
}

}  // namespace

const Parameters<NonlocalMeansOptions>& NonlocalMeans::parameters() {
  static const Parameters<NonlocalMeansOptions> table{
      {{"strength", "", 0, 100, "how much less alike patches may be"},
       &NonlocalMeansOptions::strength},
  };
  return table;
}

torch::Tensor NonlocalMeans::denoise(const torch::Tensor& x, double sigma) const {
  const double h = kFiltering * options_.strength * sigma;
  if (h == 0) return x.clone();
  const bool in_double = x.scalar_type() == torch::kFloat64;
  std::vector<torch::Tensor> items;
  for (const auto& item : x.unbind(0))
    items.push_back(in_double
                        ? denoise_item<double>(item.contiguous(), sigma, h)
                        : denoise_item<float>(item.to(torch::kFloat32).contiguous(), sigma, h));
  return torch::stack(items).to(x.scalar_type());
}

std::optional<int> NonlocalMeans::receptive_field() const { return nlm::kMargin; }

std::string NonlocalMeans::name() const {
  return options_.strength == 1 ? "nlm" : fmt::format("nlm:{:g}", options_.strength);
}

}  // namespace restore
