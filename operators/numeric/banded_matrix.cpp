#include "operators/numeric/banded_matrix.h"

#include "librestore/core/parallel.h"
#include "operators/numeric/row_kernels.h"

namespace restore {
namespace {

constexpr std::int64_t kRowsPerTask = 16;

// One plane, columns x width.
template <typename T>
void multiply_plane(const BandedMatrix& matrix, const T* in, std::int64_t width, T* out) {
  parallel_ranges(matrix.rows(), kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    std::vector<const T*> sources;
    std::vector<T> weights;
    for (std::int64_t i = begin; i < end; ++i) {
      const BandedRow& row = matrix.row(i);
      weights.assign(row.weights.begin(), row.weights.end());
      sources.clear();
      for (std::size_t t = 0; t < weights.size(); ++t)
        sources.push_back(in + (row.first + static_cast<std::int64_t>(t)) * width);
      weighted_sum(sources.data(), weights.data(), static_cast<std::int64_t>(weights.size()), width,
                   out + i * width);
    }
  });
}

}  // namespace

BandedMatrix::BandedMatrix(std::vector<BandedRow> rows, std::int64_t columns)
    : rows_(std::move(rows)), columns_(columns) {}

double BandedMatrix::at(std::int64_t i, std::int64_t j) const {
  const std::int64_t t = j - row(i).first;
  const auto& weights = row(i).weights;
  return t >= 0 && t < static_cast<std::int64_t>(weights.size())
             ? weights[static_cast<std::size_t>(t)]
             : 0;
}

bool BandedMatrix::is_diagonal() const {
  for (std::int64_t i = 0; i < rows(); ++i)
    for (std::size_t t = 0; t < row(i).weights.size(); ++t)
      if (row(i).weights[t] != 0 && row(i).first + static_cast<std::int64_t>(t) != i) return false;
  return true;
}

BandedMatrix BandedMatrix::transposed() const {
  std::vector<BandedRow> result(static_cast<std::size_t>(columns_));
  for (std::int64_t i = 0; i < rows(); ++i) {
    for (std::size_t t = 0; t < row(i).weights.size(); ++t) {
      auto& target = result[static_cast<std::size_t>(row(i).first) + t];
      if (target.weights.empty()) target.first = i;
      target.weights.resize(static_cast<std::size_t>(i - target.first), 0.0);
      target.weights.push_back(row(i).weights[t]);
    }
  }
  return {std::move(result), rows()};
}

BandedMatrix BandedMatrix::gram() const {
  const BandedMatrix transpose = transposed();
  std::vector<BandedRow> result(rows_.size());
  for (std::int64_t i = 0; i < rows(); ++i) {
    // Row i meets the rows that share a column with it.
    std::int64_t from = rows(), to = 0;
    for (std::size_t t = 0; t < row(i).weights.size(); ++t) {
      const BandedRow& sharing = transpose.row(row(i).first + static_cast<std::int64_t>(t));
      from = std::min(from, sharing.first);
      to = std::max(to, sharing.first + static_cast<std::int64_t>(sharing.weights.size()));
    }
    auto& target = result[static_cast<std::size_t>(i)];
    target.first = std::min(from, to);
    for (std::int64_t other = from; other < to; ++other) {
      double sum = 0;
      for (std::size_t t = 0; t < row(i).weights.size(); ++t)
        sum += row(i).weights[t] * at(other, row(i).first + static_cast<std::int64_t>(t));
      target.weights.push_back(sum);
    }
  }
  return {std::move(result), rows()};
}

torch::Tensor BandedMatrix::dense() const {
  auto result = torch::zeros({rows(), columns_}, torch::kFloat64);
  auto out = result.accessor<double, 2>();
  for (std::int64_t i = 0; i < rows(); ++i)
    for (std::size_t t = 0; t < row(i).weights.size(); ++t)
      out[i][row(i).first + static_cast<std::int64_t>(t)] = row(i).weights[t];
  return result;
}

torch::Tensor BandedMatrix::along_height(const torch::Tensor& x) const {
  const std::int64_t width = x.size(3), planes = x.size(0) * x.size(1);
  const auto in = x.contiguous();
  auto z = torch::empty({x.size(0), x.size(1), rows(), width}, x.options());
  AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "along_height", [&] {
    for (std::int64_t p = 0; p < planes; ++p)
      multiply_plane(*this, in.data_ptr<scalar_t>() + p * columns_ * width, width,
                     z.data_ptr<scalar_t>() + p * rows() * width);
  });
  return z;
}

torch::Tensor BandedMatrix::along_width(const torch::Tensor& x) const {
  return along_height(x.transpose(2, 3)).transpose(2, 3).contiguous();
}

}  // namespace restore
