// Sliding inner products, the one loop under every convolution and its adjoint:
//
//   z(i, j) = sum_{a,b} w(a, b) e(i + a, j + b),
//
// e being the input extended along both axes (operators/convolution/boundary.h). Three ways to
// compute it, picked by their cost on the sizes at hand; all agree to rounding, and none depends on
// the thread count.
#pragma once

#include <optional>

#include <torch/types.h>

#include "operators/convolution/boundary.h"
#include "operators/numeric/per_type.h"

namespace restore {

// How a correlation is computed.
struct CorrelationPlan {
  enum class Way {
    direct,     // a product for every nonzero weight
    separable,  // w = u v^T: a pass down the columns, then one along the rows
    fourier,    // overlap-save on tiles; products of half spectra
  };
  Way way = Way::direct;
  std::int64_t tile_height = 0, tile_width = 0;  // fourier: the transform's size
  double cost = 0;  // nanoseconds for one plane on one core, by the model in correlation_plan.cpp
};

// The cheapest way, or the cheapest plan of the given one; `separable` must be asked for only where
// the weights are of rank 1.
CorrelationPlan plan_correlation(const torch::Tensor& weights, std::int64_t out_height,
                                 std::int64_t out_width,
                                 std::optional<CorrelationPlan::Way> way = {});

// w = u v^T with u: rows, v: columns, or nothing when w is not of rank 1 to rounding.
struct RankOne {
  torch::Tensor u, v;  // float64
};
std::optional<RankOne> split_rank_one(const torch::Tensor& weights);

class Correlation {
 public:
  // `weights` float64, kh x kw; the output has rows.source.size() - kh + 1 rows, columns alike.
  Correlation(torch::Tensor weights, AxisExtension rows, AxisExtension columns,
              std::optional<CorrelationPlan::Way> way = {});

  // N x C x rows.size x columns.size -> N x C x out_height x out_width, float32 or float64.
  torch::Tensor operator()(const torch::Tensor& x) const;

  const AxisExtension& rows() const { return rows_; }
  const AxisExtension& columns() const { return columns_; }

 private:
  torch::Tensor weights_;
  AxisExtension rows_, columns_;
  std::int64_t out_height_, out_width_;
  CorrelationPlan plan_;
  std::optional<RankOne> factors_;  // separable
  PerType spectrum_;                // fourier: the conjugate transform of the weights on a tile
};

}  // namespace restore
