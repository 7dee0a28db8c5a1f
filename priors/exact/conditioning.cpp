#include "priors/exact/conditioning.h"

#include <numbers>

namespace restore {
namespace {

// M x d, column j is A e_j.
torch::Tensor dense_matrix(const LinearOperator& A) {
  const auto d = A.input_shape().numel();
  const auto basis = torch::eye(d, torch::kFloat64).view(A.input_shape().batch(d));
  return A.apply(basis).reshape({d, -1}).t().contiguous();
}

}  // namespace

Conditioning::Conditioning(const Covariance& C, const Measurement& measurement)
    : C_(C.matrix()),
      A_(dense_matrix(measurement.linear("the closed form of a posterior"))),
      y_(measurement.y.to(torch::kFloat64).reshape({1, -1})),
      sigma_y_(measurement.sigma_y()) {
  check_shape(measurement.y, measurement.A->output_shape(), "measurement");
  TORCH_CHECK(measurement.y.size(0) == 1, "a posterior is that of one measurement");
  const auto CAt = torch::mm(C_, A_.t());
  const auto noise = sigma_y_ * sigma_y_ * torch::eye(A_.size(0), torch::kFloat64);
  cholesky_ = torch::linalg_cholesky(torch::mm(A_, CAt) + noise);
  K_ = torch::cholesky_solve(CAt.t(), cholesky_).t();
}

torch::Tensor Conditioning::posterior_means(const torch::Tensor& means) const {
  return means + torch::mm(y_ - torch::mm(means, A_.t()), K_.t());
}

CovariancePointer Conditioning::posterior_covariance() const {
  const auto kept = torch::eye(C_.size(0), torch::kFloat64) - torch::mm(K_, A_);
  const auto P =
      torch::mm(torch::mm(kept, C_), kept.t()) + sigma_y_ * sigma_y_ * torch::mm(K_, K_.t());
  return dense_covariance((P + P.t()) / 2);
}

torch::Tensor Conditioning::log_evidence(const torch::Tensor& means) const {
  // (y - A m)^T S^-1 (y - A m) = |L^-1 (y - A m)|^2, S = L L^T
  const auto r = (y_ - torch::mm(means, A_.t())).t();
  const auto white = torch::linalg_solve_triangular(cholesky_, r, /*upper=*/false);
  const auto log_det = 2 * cholesky_.diagonal().log().sum();
  const double M = static_cast<double>(A_.size(0));
  return -0.5 * (white.square().sum(0) + log_det + M * std::log(2 * std::numbers::pi));
}

}  // namespace restore
