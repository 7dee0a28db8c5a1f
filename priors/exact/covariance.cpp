#include "priors/exact/covariance.h"

#include <numbers>

#include "librestore/core/error.h"

namespace restore {
namespace {

class Isotropic : public Covariance {
 public:
  Isotropic(std::int64_t dimension, double variance)
      : Covariance(torch::full({dimension}, variance, torch::kFloat64)) {}
  torch::Tensor analyze(const torch::Tensor& x) const override { return x; }
  torch::Tensor synthesize(const torch::Tensor& z) const override { return z; }
};

class Dense : public Covariance {
 public:
  Dense(torch::Tensor eigenvalues, torch::Tensor eigenvectors)
      : Covariance(std::move(eigenvalues)), Q_(std::move(eigenvectors)) {}
  torch::Tensor analyze(const torch::Tensor& x) const override { return torch::mm(x, Q_); }
  torch::Tensor synthesize(const torch::Tensor& z) const override { return torch::mm(z, Q_.t()); }

 private:
  torch::Tensor Q_;  // eigenvectors are columns
};

// The eigenvectors of a circulant matrix, real: the discrete Hartley transform Re F - Im F, which
// is symmetric and its own inverse when F is unitary.
// Bracewell 1983, "Discrete Hartley transform", https://doi.org/10.1364/JOSA.73.001832
class Stationary : public Covariance {
 public:
  explicit Stationary(const torch::Tensor& power)
      : Covariance(power.flatten().contiguous()), shape_(shape_of(power)) {}
  torch::Tensor analyze(const torch::Tensor& x) const override { return hartley(x); }
  torch::Tensor synthesize(const torch::Tensor& z) const override { return hartley(z); }

 private:
  torch::Tensor hartley(const torch::Tensor& x) const {
    const auto f = torch::fft_fft2(x.reshape(shape_.batch(x.size(0))), {}, {-2, -1}, "ortho");
    return (torch::real(f) - torch::imag(f)).reshape_as(x);
  }

  Shape shape_;
};

// p(f) = p(-f) along both axes.
bool is_even(const torch::Tensor& power) {
  return torch::allclose(power, power.flip({1, 2}).roll({1, 1}, {1, 2}));
}

}  // namespace

torch::Tensor Covariance::apply(const torch::Tensor& x, const torch::Tensor& gain) const {
  return synthesize(gain * analyze(x));
}

torch::Tensor Covariance::matrix() const {
  return apply(torch::eye(dimension(), torch::kFloat64), eigenvalues_);
}

CovariancePointer isotropic_covariance(std::int64_t dimension, double variance) {
  if (!(variance >= 0)) throw usage_error("covariance: the variance {} is negative", variance);
  return std::make_shared<Isotropic>(dimension, variance);
}

CovariancePointer dense_covariance(const torch::Tensor& matrix) {
  const auto C = matrix.to(torch::kFloat64);
  if (C.dim() != 2 || C.size(0) != C.size(1) || !torch::allclose(C, C.t()))
    throw usage_error("covariance: the matrix is not symmetric");
  const auto [lambda, Q] = torch::linalg_eigh(C, "L");
  // The eigenvalues of a singular matrix come out as zeros with the rounding of the largest.
  const double rounding = 1e-12 * lambda.abs().max().item<double>();
  if (lambda.min().item<double>() < -rounding * static_cast<double>(C.size(0)))
    throw usage_error("covariance: the matrix has the negative eigenvalue {}",
                      lambda.min().item<double>());
  return std::make_shared<Dense>(lambda.clamp_min(0), Q);
}

CovariancePointer stationary_covariance(const torch::Tensor& power) {
  const auto p = power.to(torch::kFloat64);
  if (p.dim() != 3 || !(p.min().item<double>() >= 0) || !is_even(p))
    throw usage_error("covariance: a power spectrum is C x H x W, >= 0 and even");
  return std::make_shared<Stationary>(p);
}

torch::Tensor power_law_spectrum(const Shape& shape, double variance, double exponent) {
  const auto v = torch::fft_fftfreq(shape.height, 1, torch::kFloat64).view({-1, 1});
  const auto u = torch::fft_fftfreq(shape.width, 1, torch::kFloat64).view({1, -1});
  const double lowest = 1.0 / static_cast<double>(std::max(shape.height, shape.width));
  const auto f = (v.square() + u.square()).sqrt().clamp_min(lowest);
  const auto power = f.pow(-exponent);
  return (variance * power / power.mean()).expand({shape.channels, -1, -1}).contiguous();
}

torch::Tensor log_normal(const torch::Tensor& x, const torch::Tensor& m,
                         const torch::Tensor& variance) {
  const auto scale = variance.rsqrt();
  // Distances from differences: products would cancel where the variance is small.
  constexpr std::int64_t kFromDifferences = 2;
  const auto distance = torch::cdist(x * scale, m * scale, 2, kFromDifferences);
  const auto log_volume = (2 * std::numbers::pi * variance).log().sum();
  return -0.5 * (distance.square() + log_volume);
}

}  // namespace restore
