#include "operators/numeric/dense_axis.h"

#include <Eigen/Dense>
#include <oneapi/dnnl/dnnl.h>

#include "librestore/core/openmp.h"
#include "librestore/core/parallel.h"

namespace restore {
namespace {

template <typename T>
using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

template <typename T>
Eigen::Map<const Matrix<T>> as_matrix(const torch::Tensor& x) {
  return {x.data_ptr<T>(), x.size(0), x.size(1)};
}

torch::Tensor as_tensor(const Matrix<double>& m) {
  auto result = torch::empty({m.rows(), m.cols()}, torch::kFloat64);
  std::copy(m.data(), m.data() + m.size(), result.data_ptr<double>());
  return result;
}

constexpr std::int64_t kProductRows = 256;

enum class Transposed { no, yes };

// c = a b or a b^T, rows first: m x k times k x n. Blocks of rows, one thread each: the bits do not
// depend on the number of threads.
void multiply(const float* a, const float* b, float* c, std::int64_t m, std::int64_t n,
              std::int64_t k, Transposed b_transposed) {
  const bool across = b_transposed == Transposed::yes;
  parallel_ranges(m, kProductRows, [&](std::int64_t begin, std::int64_t end) {
    const OneOpenMpThread alone;
    const auto status = dnnl_sgemm('N', across ? 'T' : 'N', end - begin, n, k, 1, a + begin * k, k,
                                   b, across ? k : n, 0, c + begin * n, n);
    TORCH_CHECK(status == dnnl_success, "oneDNN multiplies no matrices");
  });
}
void multiply(const double* a, const double* b, double* c, std::int64_t m, std::int64_t n,
              std::int64_t k, Transposed b_transposed) {
  const bool across = b_transposed == Transposed::yes;
  const Eigen::Map<const Matrix<double>> right(b, across ? n : k, across ? k : n);
  parallel_ranges(m, kProductRows, [&](std::int64_t begin, std::int64_t end) {
    const Eigen::Map<const Matrix<double>> left(a + begin * k, end - begin, k);
    Eigen::Map<Matrix<double>> result(c + begin * n, end - begin, n);
    if (across)
      result.noalias() = left * right.transpose();
    else
      result.noalias() = left * right;
  });
}

}  // namespace

FullSvd full_svd(const torch::Tensor& M) {
  const auto wide = M.to(torch::kFloat64).contiguous();
  const Eigen::MatrixXd matrix = as_matrix<double>(wide);
  const Eigen::BDCSVD<Eigen::MatrixXd> svd(matrix, Eigen::ComputeFullU | Eigen::ComputeFullV);
  return {as_tensor(svd.matrixU()), as_tensor(svd.singularValues()).flatten(),
          as_tensor(svd.matrixV())};
}

torch::Tensor multiply_axes(const torch::Tensor& P, const torch::Tensor& x,
                            const torch::Tensor& Q) {
  const auto in = x.contiguous();
  const auto left = P.to(x.scalar_type()).contiguous(), right = Q.to(x.scalar_type()).contiguous();
  const auto planes = x.size(0) * x.size(1), height = x.size(2), width = x.size(3);
  auto rows = torch::empty({planes, height, Q.size(0)}, x.options());  // x Q^T
  auto z = torch::empty({x.size(0), x.size(1), P.size(0), Q.size(0)}, x.options());
  AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "multiply_axes", [&] {
    multiply(in.data_ptr<scalar_t>(), right.data_ptr<scalar_t>(), rows.data_ptr<scalar_t>(),
             planes * height, Q.size(0), width, Transposed::yes);
    for (std::int64_t i = 0; i < planes; ++i)
      multiply(left.data_ptr<scalar_t>(), rows.data_ptr<scalar_t>() + i * height * Q.size(0),
               z.data_ptr<scalar_t>() + i * P.size(0) * Q.size(0), P.size(0), Q.size(0), height,
               Transposed::no);
  });
  return z;
}

}  // namespace restore
