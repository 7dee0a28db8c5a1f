// Jegou, Douze, Schmid 2011, "Product quantization for nearest neighbor search",
// https://doi.org/10.1109/TPAMI.2010.57
#include "priors/patch/patch_index.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "librestore/core/interrupt.h"
#include "librestore/core/parallel.h"
#include "priors/patch/window_distances.h"

namespace restore {
namespace {

constexpr int kLloyd = 6;                    // rounds of k-means
constexpr std::int64_t kSamplePerCell = 48;  // patches that a middle is the mean of, about

// K x stride, each patch flat and filled up with zeros.
std::vector<float> flat_patches(const torch::Tensor& patches, std::int64_t stride) {
  const auto flat = patches.flatten(1).to(torch::kFloat32);
  auto padded = torch::zeros({flat.size(0), stride});
  padded.narrow(1, 0, flat.size(1)).copy_(flat);
  return {padded.data_ptr<float>(), padded.data_ptr<float>() + padded.numel()};
}

// The nearest of `cells` middles for each of `count` patches.
std::vector<std::int64_t> nearest_cells(const std::vector<float>& middles, const float* patches,
                                        std::int64_t count, std::int64_t step,
                                        std::int64_t stride) {
  const auto cells = static_cast<std::int64_t>(middles.size()) / stride;
  std::vector<std::int64_t> nearest(count);
  const std::vector<float> whole(stride, 1.0F);
  parallel_ranges(count, 256, [&](std::int64_t begin, std::int64_t end) {
    throw_if_interrupted();
    std::vector<float> distances(cells);
    for (auto i = begin; i < end; ++i) {
      window_distances(patches + i * step * stride, whole.data(), middles.data(), cells, stride,
                       distances.data());
      nearest[i] = std::min_element(distances.begin(), distances.end()) - distances.begin();
    }
  });
  return nearest;
}

// Lloyd's k-means from evenly spaced patches, on every step-th of them.
std::vector<float> find_middles(const std::vector<float>& patches, std::int64_t cells,
                                std::int64_t stride) {
  const auto K = static_cast<std::int64_t>(patches.size()) / stride;
  const auto step = std::max<std::int64_t>(1, K / (cells * kSamplePerCell)), n = K / step;
  std::vector<float> middles;
  for (std::int64_t c = 0; c < cells; ++c) {
    const float* patch = patches.data() + c * K / cells * stride;
    middles.insert(middles.end(), patch, patch + stride);
  }
  for (int round = 0; round < kLloyd; ++round) {
    const auto nearest = nearest_cells(middles, patches.data(), n, step, stride);
    std::vector<double> sums(middles.size());
    std::vector<std::int64_t> counts(cells);
    for (std::int64_t i = 0; i < n; ++i) {
      ++counts[nearest[i]];
      for (std::int64_t j = 0; j < stride; ++j)
        sums[nearest[i] * stride + j] += patches[i * step * stride + j];
    }
    for (std::int64_t c = 0; c < cells; ++c)
      for (std::int64_t j = 0; j < stride && counts[c] > 0; ++j)
        middles[c * stride + j] =
            static_cast<float>(sums[c * stride + j] / static_cast<double>(counts[c]));
  }
  return middles;
}

// One window of a picture, flat, with a mask of what the frame leaves of it.
struct CutWindow {
  explicit CutWindow(std::int64_t stride) : values(stride), mask(stride) {}

  void read(const float* x, std::int64_t channels, std::int64_t height, std::int64_t width,
            std::int64_t side, std::int64_t row, std::int64_t column) {
    std::size_t at = 0;
    for (std::int64_t c = 0; c < channels; ++c)
      for (auto y = row - side / 2; y <= row + side / 2; ++y)
        for (auto z = column - side / 2; z <= column + side / 2; ++z, ++at) {
          const bool inside = y >= 0 && z >= 0 && y < height && z < width;
          mask[at] = inside ? 1.0F : 0.0F;
          values[at] = inside ? x[(c * height + y) * width + z] : 0.0F;
        }
  }

  std::vector<float> values, mask;
};

}  // namespace

PatchIndex::PatchIndex(const torch::Tensor& patches)
    : channels_(patches.size(1)),
      side_(patches.size(2)),
      stride_((channels_ * side_ * side_ + kDistanceLanes - 1) / kDistanceLanes * kDistanceLanes) {
  const auto K = patches.size(0);
  const auto cells = std::clamp<std::int64_t>(
      static_cast<std::int64_t>(2 * std::sqrt(static_cast<double>(K))), 1, K);
  const auto flat = flat_patches(patches, stride_);
  middles_ = find_middles(flat, cells, stride_);
  const auto nearest = nearest_cells(middles_, flat.data(), K, 1, stride_);
  std::vector<std::int64_t> order(K);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return nearest[a] < nearest[b]; });
  first_.assign(cells + 1, 0);
  for (const auto cell : nearest) ++first_[cell + 1];
  std::partial_sum(first_.begin(), first_.end(), first_.begin());
  const auto middle = side_ * side_ / 2;
  for (const auto i : order) {
    const float* patch = flat.data() + i * stride_;
    members_.insert(members_.end(), patch, patch + stride_);
    for (std::int64_t c = 0; c < channels_; ++c)
      centres_.push_back(patch[c * side_ * side_ + middle]);
  }
}

torch::Tensor PatchIndex::mmse(const torch::Tensor& x, double sigma) const {
  const auto picture = x.contiguous();
  auto estimate = torch::empty_like(picture);
  const auto H = x.size(2), W = x.size(3), plane = channels_ * H * W;
  const auto precision = static_cast<float>(1 / (2 * sigma * sigma));
  parallel_ranges(x.size(0) * H, 1, [&](std::int64_t begin, std::int64_t end) {
    CutWindow window(stride_);
    std::vector<float> distances(cells()), weights;
    std::vector<std::int64_t> order(cells());
    const auto probes = std::min<std::int64_t>(kProbes, cells());
    for (auto row = begin; row < end; ++row) {
      throw_if_interrupted();
      const float* from = picture.data_ptr<float>() + row / H * plane;
      float* to = estimate.data_ptr<float>() + row / H * plane + row % H * W;
      for (std::int64_t column = 0; column < W; ++column) {
        window.read(from, channels_, H, W, side_, row % H, column);
        window_distances(window.values.data(), window.mask.data(), middles_.data(), cells(),
                         stride_, distances.data());
        std::iota(order.begin(), order.end(), 0);
        std::nth_element(
            order.begin(), order.begin() + probes - 1, order.end(),
            [&](auto a, auto b) { return std::tie(distances[a], a) < std::tie(distances[b], b); });
        // sum_k e^{-(d_k^2 - d^2) / (2 sigma^2)} (c_k, 1), d the smallest so far
        float least = 1e30F, total = 0;
        std::array<float, 4> sum{};
        for (std::int64_t probe = 0; probe < probes; ++probe) {
          const auto first = first_[order[probe]], count = first_[order[probe] + 1] - first;
          if (count == 0) continue;
          weights.resize(count);
          window_distances(window.values.data(), window.mask.data(),
                           members_.data() + first * stride_, count, stride_, weights.data());
          const float nearest = *std::min_element(weights.begin(), weights.end());
          if (nearest < least) {
            const float scale = std::exp(-precision * (least - nearest));
            total *= scale;
            for (auto& value : sum) value *= scale;
            least = nearest;
          }
          for (std::int64_t k = 0; k < count; ++k) {
            const float w = std::exp(-precision * (weights[k] - least));
            total += w;
            for (std::int64_t c = 0; c < channels_; ++c)
              sum[c] += w * centres_[(first + k) * channels_ + c];
          }
        }
        for (std::int64_t c = 0; c < channels_; ++c) to[c * H * W + column] = sum[c] / total;
      }
    }
  });
  return estimate;
}

}  // namespace restore
