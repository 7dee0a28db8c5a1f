// A matrix with a few consecutive nonzeros in each row, acting along one axis of a picture:
// resampling in one direction, its transpose, their products.
#pragma once

#include <vector>

#include <torch/types.h>

namespace restore {

struct BandedRow {
  std::int64_t first = 0;       // column of weights[0]
  std::vector<double> weights;  // consecutive columns; may be empty
};

class BandedMatrix {
 public:
  BandedMatrix(std::vector<BandedRow> rows, std::int64_t columns);

  std::int64_t rows() const { return static_cast<std::int64_t>(rows_.size()); }
  std::int64_t columns() const { return columns_; }
  const BandedRow& row(std::int64_t i) const { return rows_[static_cast<std::size_t>(i)]; }
  double at(std::int64_t i, std::int64_t j) const;
  bool is_diagonal() const;

  BandedMatrix transposed() const;
  // M M^T.
  BandedMatrix gram() const;
  // rows x columns, float64.
  torch::Tensor dense() const;

  // z(.., i, x) = sum_j M(i, j) x(.., j, x): N x C x columns x W -> N x C x rows x W.
  torch::Tensor along_height(const torch::Tensor& x) const;
  // z(.., y, i) = sum_j M(i, j) x(.., y, j): N x C x H x columns -> N x C x H x rows.
  torch::Tensor along_width(const torch::Tensor& x) const;

 private:
  std::vector<BandedRow> rows_;
  std::int64_t columns_;
};

}  // namespace restore
