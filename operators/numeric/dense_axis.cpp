#include "operators/numeric/dense_axis.h"

#include <Eigen/Dense>

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
  auto z = torch::empty({x.size(0), x.size(1), P.size(0), Q.size(0)}, x.options());
  AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "multiply_axes", [&] {
    const auto p = as_matrix<scalar_t>(left), q = as_matrix<scalar_t>(right);
    const scalar_t* const planes = in.data_ptr<scalar_t>();
    scalar_t* const out = z.data_ptr<scalar_t>();
    parallel_ranges(x.size(0) * x.size(1), 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const Eigen::Map<const Matrix<scalar_t>> plane(planes + i * x.size(2) * x.size(3),
                                                       x.size(2), x.size(3));
        Eigen::Map<Matrix<scalar_t>> result(out + i * p.rows() * q.rows(), p.rows(), q.rows());
        result.noalias() = p * (plane * q.transpose());
      }
    });
  });
  return z;
}

}  // namespace restore
