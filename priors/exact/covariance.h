// A covariance with its eigenvectors at hand: C = Q diag(lambda) Q^T, Q orthonormal.
//
// Vectors are the rows of N x d tensors, float64; d is the number of values of a picture.
#pragma once

#include <memory>

#include <torch/types.h>

#include "librestore/model/shape.h"

namespace restore {

class Covariance {
 public:
  virtual ~Covariance() = default;

  virtual torch::Tensor analyze(const torch::Tensor& x) const = 0;     // Q^T x
  virtual torch::Tensor synthesize(const torch::Tensor& z) const = 0;  // Q z
  // lambda >= 0: d.
  const torch::Tensor& eigenvalues() const { return eigenvalues_; }
  std::int64_t dimension() const { return eigenvalues_.size(0); }

  // Q diag(gain) Q^T x, gain: d.
  torch::Tensor apply(const torch::Tensor& x, const torch::Tensor& gain) const;
  // d x d: small sizes.
  torch::Tensor matrix() const;

 protected:
  explicit Covariance(torch::Tensor eigenvalues) : eigenvalues_(std::move(eigenvalues)) {}

 private:
  torch::Tensor eigenvalues_;
};

using CovariancePointer = std::shared_ptr<const Covariance>;

// variance * I, variance >= 0.
CovariancePointer isotropic_covariance(std::int64_t dimension, double variance);
// Any symmetric matrix, d x d; usage error when it is not positive semi-definite.
CovariancePointer dense_covariance(const torch::Tensor& matrix);
// A stationary field on the torus, independent in each channel. power: C x H x W >= 0, the
// eigenvalue at each frequency of the 2-D discrete Fourier transform, even in the frequency. The
// variance of a pixel is its mean.
CovariancePointer stationary_covariance(const torch::Tensor& power);

// The power of natural images, C x H x W: |f|^-exponent, its mean `variance`; the frequency 0 gets
// as much as the lowest other one.
// Field 1987, "Relations between the statistics of natural images and the response properties of
// cortical cells", https://doi.org/10.1364/JOSAA.4.002379
torch::Tensor power_law_spectrum(const Shape& shape, double variance, double exponent = 2);

// log N(x_n; m_k, diag(variance)): N x K. x: N x d, m: K x d, variance: d, positive.
torch::Tensor log_normal(const torch::Tensor& x, const torch::Tensor& m,
                         const torch::Tensor& variance);

}  // namespace restore
