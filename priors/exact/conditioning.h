// The linear-Gaussian model in closed form, small sizes:
// x ~ N(m, C), y = A x + n, n ~ N(0, sigma_y^2 I).
//
//   K    = C A^T S^-1,  S = A C A^T + sigma_y^2 I
//   x | y ~ N(m + K (y - A m), (I - K A) C (I - K A)^T + sigma_y^2 K K^T)
//   y     ~ N(A m, S)
#pragma once

#include "librestore/model/measurement.h"
#include "priors/exact/covariance.h"

namespace restore {

// C on what is measured; means may be many. float64 throughout.
class Conditioning {
 public:
  // measurement: one item, a linear operator, white Gaussian noise of sigma_y() >= 0; S invertible.
  Conditioning(const Covariance& C, const Measurement& measurement);

  // m + K (y - A m): K x d -> K x d.
  torch::Tensor posterior_means(const torch::Tensor& means) const;
  // Common to all means: d x d.
  CovariancePointer posterior_covariance() const;
  // log N(y; A m, S): K x d -> K.
  torch::Tensor log_evidence(const torch::Tensor& means) const;

 private:
  torch::Tensor C_, A_, y_;     // d x d, M x d, 1 x M
  torch::Tensor cholesky_, K_;  // of S: M x M; d x M
  double sigma_y_;
};

}  // namespace restore
