// Which way a correlation takes: the cheapest by a model whose constants were measured (float32,
// one core of an AMD EPYC with AVX-512, libtorch's pocketfft).
#include <Eigen/Core>

#include "operators/convolution/correlation.h"
#include "operators/numeric/fourier.h"

namespace restore {
namespace {

// Nanoseconds, for each pixel unless another thing is named.
constexpr double kPerTap = 0.028;    // direct, separable: a multiply-add, rows in the cache
constexpr double kGather = 0.3;      // direct: into a tile
constexpr double kTwoPasses = 0.6;   // separable: into a tile, and the sums of the first pass
constexpr double kTransforms = 5.5;  // fourier: there and back, in the second-level cache
constexpr double kCacheMiss = 3.3;   // ... more for every doubling of the tile beyond 2^17 pixels,
constexpr double kMostMisses = 2.5;  // up to here
constexpr double kSpectrum = 0.8;    // fourier: into a tile, and the product of half spectra
constexpr double kTile = 8000;       // fourier: a tile's calls

double nonzeros(const torch::Tensor& weights) {
  return static_cast<double>(weights.count_nonzero().item<std::int64_t>());
}

// The transform's length when an axis of `out` pixels is cut into `pieces` for a kernel of `k`.
std::int64_t tile_length(std::int64_t out, std::int64_t k, std::int64_t pieces) {
  return fast_length((out + pieces - 1) / pieces + k - 1);
}

CorrelationPlan fourier_plan(std::int64_t kh, std::int64_t kw, std::int64_t out_height,
                             std::int64_t out_width) {
  CorrelationPlan best{CorrelationPlan::Way::fourier, 0, 0, 1e300};
  const auto step = [](std::int64_t pieces) { return std::max(pieces + 1, pieces * 5 / 4); };
  for (std::int64_t rows = 1; rows <= out_height; rows = step(rows)) {
    const std::int64_t height = tile_length(out_height, kh, rows);
    for (std::int64_t columns = 1; columns <= out_width; columns = step(columns)) {
      const std::int64_t width = tile_length(out_width, kw, columns);
      const double area = static_cast<double>(height * width);
      const double misses = std::clamp(std::log2(area) - 17, 0.0, kMostMisses);
      const double tile = kTile + area * (kSpectrum + kTransforms + kCacheMiss * misses);
      const double cost = static_cast<double>(rows * columns) * tile;
      if (cost < best.cost) best = {CorrelationPlan::Way::fourier, height, width, cost};
    }
  }
  return best;
}

}  // namespace

CorrelationPlan plan_correlation(const torch::Tensor& weights, std::int64_t out_height,
                                 std::int64_t out_width, std::optional<CorrelationPlan::Way> way) {
  using Way = CorrelationPlan::Way;
  const std::int64_t kh = weights.size(0), kw = weights.size(1);
  const double pixels = static_cast<double>(out_height * out_width);
  const CorrelationPlan direct{Way::direct, 0, 0, pixels * (kGather + kPerTap * nonzeros(weights))};
  const CorrelationPlan separable{Way::separable, 0, 0,
                                  pixels * (kTwoPasses + kPerTap * static_cast<double>(kh + kw))};
  const auto fourier = fourier_plan(kh, kw, out_height, out_width);
  if (way == Way::direct) return direct;
  if (way == Way::separable) return separable;
  if (way == Way::fourier) return fourier;
  auto best = direct.cost <= fourier.cost ? direct : fourier;
  if (separable.cost < best.cost && split_rank_one(weights)) best = separable;
  return best;
}

std::optional<RankOne> split_rank_one(const torch::Tensor& weights) {
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto wide = weights.to(torch::kFloat64).contiguous();
  const Eigen::Map<const Matrix> w(wide.data_ptr<double>(), wide.size(0), wide.size(1));
  // The row and the column through the largest weight span a matrix of rank 1.
  Eigen::Index i = 0, j = 0;
  const double peak = w.cwiseAbs().maxCoeff(&i, &j);
  if (peak == 0) return std::nullopt;
  const Eigen::VectorXd column = w.col(j), row = w.row(i) / w(i, j);
  Matrix rest = w;
  rest.noalias() -= column * row.transpose();
  if (rest.lpNorm<Eigen::Infinity>() > 1e-14 * peak) return std::nullopt;
  RankOne factors{torch::empty({w.rows()}, torch::kFloat64),
                  torch::empty({w.cols()}, torch::kFloat64)};
  std::copy(column.begin(), column.end(), factors.u.data_ptr<double>());
  std::copy(row.begin(), row.end(), factors.v.data_ptr<double>());
  return factors;
}

}  // namespace restore
