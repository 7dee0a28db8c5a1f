// Gaussian noise with a power spectrum: y = z + n, the Fourier coefficients of n independent with
//
//   E |n^(w)|^2 / (H W) = P(w) = c / (1 + length^2 |w|^2),
//   |w|^2 = 4 sin^2(w_y/2) + 4 sin^2(w_x/2),
//
// c such that every pixel has the variance sigma^2. Correlations fall off over `length` pixels and
// wrap around; channels are independent. It is grain as a scan or an interpolated picture has it.
#pragma once

#include <cmath>

#include "librestore/model/noise_model.h"

namespace restore {

class CorrelatedNoise : public NoiseModel {
 public:
  // sigma > 0 in [0,1] units, length >= 0 in pixels (0: white).
  CorrelatedNoise(double sigma, double length) : sigma_(sigma), length_(length) {}

  // n^ = sqrt(P) w^, w = randn_like(rng, z): one step of the stream.
  torch::Tensor sample(const torch::Tensor& z, Rng& rng) const override;
  // sum_w |y^ - z^|^2 / (2 H W P(w))
  torch::Tensor negative_log_likelihood(const torch::Tensor& y,
                                        const torch::Tensor& z) const override;
  // F^-1 (z^ - y^) / P(w)
  torch::Tensor gradient(const torch::Tensor& y, const torch::Tensor& z) const override;
  // sigma^2, 1 x 1 x 1 x 1: of each pixel by itself.
  torch::Tensor variance(const torch::Tensor& z) const override;
  // sqrt(sigma^2 / P) on the half spectrum, P no lower than floor^2.
  Whitening whitening(const torch::Tensor& z, double floor) const override;
  // W has the spectrum sqrt(1 + length^2 |w|^2) up to a factor: its kernel falls off as exp(-r /
  // length), and over 8 lengths to 1/3000.
  std::int64_t reach() const override { return static_cast<std::int64_t>(std::ceil(8 * length_)); }
  double sigma() const override { return sigma_; }
  std::string describe() const override;

 private:
  // P on the half spectrum of pictures like z, H x (W/2 + 1).
  torch::Tensor power(const torch::Tensor& z) const;

  double sigma_, length_;
};

}  // namespace restore
