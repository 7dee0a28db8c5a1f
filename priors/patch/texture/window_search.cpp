#include "priors/patch/texture/window_search.h"

#include <algorithm>

#include <Eigen/Eigenvalues>

#include "librestore/core/interrupt.h"
#include "librestore/core/parallel.h"
#include "priors/patch/texture/window_kernels.h"

namespace restore {
namespace {

using kernels::kComponents;
using kernels::kKeys;
using kernels::kQueries;

constexpr std::int64_t kSampled = 4096;  // windows that the components are found from, about
constexpr float kFar = 1e30F;            // of what is no window
// Groups of queries that are compared with a block of keys while that is in the cache.
constexpr std::int64_t kGroups = 64;

std::int64_t padded(std::size_t count, std::int64_t multiple) {
  return (static_cast<std::int64_t>(count) + multiple - 1) / multiple * multiple;
}

// The window of a contiguous 1 x C x H x W picture, C x side x side.
void copy_window(const torch::Tensor& picture, const WindowPlace& place, float* out) {
  const auto H = picture.size(2), W = picture.size(3);
  const float* pixels = picture.data_ptr<float>();
  for (std::int64_t c = 0; c < picture.size(1); ++c)
    for (int i = 0; i < WindowSearch::kSide; ++i, out += WindowSearch::kSide)
      std::copy_n(pixels + (c * H + place.y + i) * W + place.x, WindowSearch::kSide, out);
}

std::vector<std::int32_t> starts(std::int64_t length, std::int64_t step) {
  const auto last = static_cast<std::int32_t>(length - WindowSearch::kSide);
  std::vector<std::int32_t> all;
  for (std::int32_t i = 0; i < last; i += static_cast<std::int32_t>(step)) all.push_back(i);
  all.push_back(last);
  return all;
}

}  // namespace

std::vector<WindowPlace> windows_of(std::int64_t height, std::int64_t width, std::int64_t step) {
  std::vector<WindowPlace> windows;
  for (const auto y : starts(height, step))
    for (const auto x : starts(width, step)) windows.push_back({y, x});
  return windows;
}

WindowSearch::WindowSearch(const torch::Tensor& exemplar)
    : values_(exemplar.size(1) * kSide * kSide),
      places_(windows_of(exemplar.size(2), exemplar.size(3), 1)) {
  const auto picture = exemplar.contiguous();
  find_components(picture);
  const auto count = padded(places_.size(), kKeys);
  const auto rows = project_all(picture, places_, count);
  norms_ = rows.norms;
  keys_.resize(rows.components.size());
  for (std::int64_t k = 0; k < count; ++k)
    for (int c = 0; c < kComponents; ++c)
      keys_[k / kKeys * kKeys * kComponents + c * kKeys + k % kKeys] =
          rows.components[k * kComponents + c];
}

void WindowSearch::find_components(const torch::Tensor& exemplar) {
  const auto step = std::max<std::size_t>(1, places_.size() / kSampled);
  Eigen::MatrixXf rows(values_, static_cast<std::int64_t>((places_.size() + step - 1) / step));
  for (std::int64_t i = 0; i < rows.cols(); ++i)
    copy_window(exemplar, places_[static_cast<std::size_t>(i) * step], rows.col(i).data());
  const Eigen::VectorXf mean = rows.rowwise().mean();
  rows.colwise() -= mean;
  Eigen::MatrixXf covariance = Eigen::MatrixXf::Zero(values_, values_);
  covariance.selfadjointView<Eigen::Lower>().rankUpdate(rows);
  // Eigenvalues grow.
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXf> solver(covariance);
  mean_.assign(mean.data(), mean.data() + values_);
  basis_.assign(values_ * kComponents, 0);
  for (std::int64_t c = 0; c < std::min<std::int64_t>(kComponents, values_); ++c)
    for (std::int64_t i = 0; i < values_; ++i)
      basis_[i * kComponents + c] = solver.eigenvectors()(i, values_ - 1 - c);
}

WindowSearch::Projected WindowSearch::project_all(const torch::Tensor& x,
                                                  const std::vector<WindowPlace>& windows,
                                                  std::int64_t count) const {
  Projected rows{std::vector<float>(count * kComponents), std::vector<float>(count, kFar)};
  parallel_ranges(static_cast<std::int64_t>(windows.size()), 512, [&](auto begin, auto end) {
    std::vector<float> window(values_);
    for (auto i = begin; i < end; ++i) {
      copy_window(x, windows[i], window.data());
      float* out = rows.components.data() + i * kComponents;
      kernels::project(window.data(), mean_.data(), basis_.data(), values_, out);
      rows.norms[i] = 0;
      for (int c = 0; c < kComponents; ++c) rows.norms[i] += out[c] * out[c];
    }
  });
  return rows;
}

// 1 / (alpha + min_Q' d(Q', P_k))
std::vector<float> WindowSearch::weights(const Projected& queries, double alpha) const {
  std::vector<float> all(norms_.size(), kFar);
  const auto groups = static_cast<std::int64_t>(queries.norms.size()) / kQueries;
  parallel_ranges(static_cast<std::int64_t>(norms_.size()) / kKeys, 4, [&](auto begin, auto end) {
    throw_if_interrupted();
    for (auto block = begin; block < end; ++block)
      for (std::int64_t g = 0; g < groups; ++g)
        kernels::least_distances(
            {queries.components.data() + g * kQueries * kComponents,
             queries.norms.data() + g * kQueries},
            {keys_.data() + block * kKeys * kComponents, norms_.data() + block * kKeys},
            all.data() + block * kKeys);
  });
  for (std::size_t k = 0; k < all.size(); ++k)
    all[k] = k < places_.size() ? 1 / (static_cast<float>(alpha) + all[k]) : 1;
  return all;
}

std::vector<WindowPlace> WindowSearch::matches(const torch::Tensor& x,
                                               const std::vector<WindowPlace>& windows,
                                               double alpha) const {
  const auto queries = project_all(x.contiguous(), windows, padded(windows.size(), kQueries));
  const auto weight = weights(queries, alpha);
  std::vector<WindowPlace> found(windows.size());
  const auto groups = static_cast<std::int64_t>(queries.norms.size()) / kQueries;
  const auto blocks = static_cast<std::int64_t>(norms_.size()) / kKeys;
  parallel_ranges(groups, kGroups, [&](std::int64_t begin, std::int64_t end) {
    throw_if_interrupted();
    constexpr auto kPerGroup = kQueries * kKeys;
    std::vector<float> best((end - begin) * kPerGroup, kFar), which(best.size());
    for (std::int64_t block = 0; block < blocks; ++block)
      for (auto g = begin; g < end; ++g)
        kernels::improve_best(
            {queries.components.data() + g * kQueries * kComponents,
             queries.norms.data() + g * kQueries},
            {keys_.data() + block * kKeys * kComponents, norms_.data() + block * kKeys},
            weight.data() + block * kKeys, static_cast<float>(block),
            best.data() + (g - begin) * kPerGroup, which.data() + (g - begin) * kPerGroup);
    const auto last = std::min(end * kQueries, static_cast<std::int64_t>(windows.size()));
    for (auto q = begin * kQueries; q < last; ++q) {
      const auto lanes = (q - begin * kQueries) * kKeys;
      const auto least = std::min_element(best.begin() + lanes, best.begin() + lanes + kKeys);
      const auto lane = least - best.begin();
      found[q] = places_[static_cast<std::int64_t>(which[lane]) * kKeys + lane - lanes];
    }
  });
  return found;
}

}  // namespace restore
