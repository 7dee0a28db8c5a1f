#include "operators/numeric/banded_matrix.h"

#include "librestore/core/parallel.h"
#include "operators/numeric/row_kernels.h"

namespace restore {
namespace {

constexpr std::int64_t kRowsPerTask = 16;
// Of a picture, and of the matrix: what of both is turned around at once stays in the cache.
constexpr std::int64_t kStrip = 64, kBlock = 128;
// Values up to which that is all of the picture.
constexpr std::int64_t kTurnedWhole = 1 << 18;

struct Range {
  std::int64_t begin, end;
  std::int64_t size() const { return end - begin; }
};

// The columns that rows of the matrix look at.
Range columns_of(const BandedMatrix& matrix, Range rows) {
  Range columns{matrix.columns(), 0};
  for (std::int64_t i = rows.begin; i < rows.end; ++i) {
    const BandedRow& row = matrix.row(i);
    if (row.weights.empty()) continue;
    columns.begin = std::min(columns.begin, row.first);
    columns.end = std::max(columns.end, row.first + static_cast<std::int64_t>(row.weights.size()));
  }
  columns.end = std::max(columns.begin, columns.end);
  return columns;
}

// `rows` of the matrix times a plane, of which `in` points to row `first`: rows.size() x width.
template <typename T>
void multiply_rows(const BandedMatrix& matrix, Range rows, const T* in, std::int64_t first,
                   std::int64_t width, T* out) {
  const Range seen = columns_of(matrix, rows);
  std::vector<const T*> lines;
  for (auto j = seen.begin; j < seen.end; ++j) lines.push_back(in + (j - first) * width);
  std::vector<T> weights;
  for (std::int64_t i = rows.begin; i < rows.end; ++i, out += width) {
    const BandedRow& row = matrix.row(i);
    weights.assign(row.weights.begin(), row.weights.end());
    const auto at = weights.empty() ? 0 : row.first - seen.begin;
    weighted_sum(lines.data() + at, weights.data(), static_cast<std::int64_t>(weights.size()),
                 width, out);
  }
}

// One plane, columns x width.
template <typename T>
void multiply_plane(const BandedMatrix& matrix, const T* in, std::int64_t width, T* out) {
  parallel_ranges(matrix.rows(), kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    multiply_rows(matrix, {begin, end}, in, 0, width, out + begin * width);
  });
}

// Calls visit(i, j) for all places of rows x columns of a picture, piece by piece along whole cache
// lines.
template <typename Visit>
void for_places(std::int64_t rows, std::int64_t columns, const Visit& visit) {
  constexpr std::int64_t kTall = 8, kWide = 16;
  for (std::int64_t top = 0; top < rows; top += kTall)
    for (std::int64_t left = 0; left < columns; left += kWide)
      for (auto i = top; i < std::min(rows, top + kTall); ++i)
        for (auto j = left; j < std::min(columns, left + kWide); ++j) visit(i, j);
}

// `count` rows of pictures, each a vector that the matrix is multiplied by: strips of them are
// turned around, so that many sums are made at once. The last one is filled up: weighted_sum likes
// whole blocks.
template <typename T>
void multiply_along(const BandedMatrix& matrix, const T* in, std::int64_t count, T* out) {
  parallel_ranges(count, kStrip, [&](std::int64_t begin, std::int64_t end) {
    std::vector<T> columns, sums(kBlock * kStrip);
    for (auto top = begin; top < end; top += kStrip) {
      const auto height = std::min(kStrip, end - top);
      for (std::int64_t left = 0; left < matrix.rows(); left += kBlock) {
        const Range rows{left, std::min(left + kBlock, matrix.rows())};
        const Range seen = columns_of(matrix, rows);
        columns.resize(static_cast<std::size_t>(seen.size() * kStrip));
        const T* from = in + top * matrix.columns() + seen.begin;
        for_places(height, seen.size(), [&](std::int64_t i, std::int64_t j) {
          columns[j * kStrip + i] = from[i * matrix.columns() + j];
        });
        multiply_rows(matrix, rows, columns.data(), seen.begin, kStrip, sums.data());
        T* to = out + top * matrix.rows() + left;
        for_places(height, rows.size(), [&](std::int64_t i, std::int64_t j) {
          to[i * matrix.rows() + j] = sums[j * kStrip + i];
        });
      }
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
  const std::int64_t lines = x.size(0) * x.size(1) * x.size(2);
  if (lines * std::max(rows(), columns_) <= kTurnedWhole)
    return along_height(x.transpose(2, 3)).transpose(2, 3).contiguous();
  const auto in = x.contiguous();
  auto z = torch::empty({x.size(0), x.size(1), x.size(2), rows()}, x.options());
  AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "along_width", [&] {
    multiply_along(*this, in.data_ptr<scalar_t>(), lines, z.data_ptr<scalar_t>());
  });
  return z;
}

}  // namespace restore
