// What the instrument adds: p(y | A x).
//
// Laws (tests/support/noise_laws.h):
//   N1  sample(z) has mean z and variance variance(z), within stated standard errors.
//   N2  gradient = d nll / d z, against central differences in float64.
//   N3  the whitened noise has the variance of its white level and neighbours without correlation.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <torch/types.h>

#include "librestore/core/rng.h"
#include "librestore/model/shape.h"
#include "librestore/model/whitening.h"

namespace restore {

class NoiseModel {
 public:
  virtual ~NoiseModel() = default;

  // y ~ p(. | z) for the noiseless measurement z, N x C x H x W.
  virtual torch::Tensor sample(const torch::Tensor& z, Rng& rng) const = 0;
  // -log p(y | z) for each item, up to a constant in z: N, float64.
  virtual torch::Tensor negative_log_likelihood(const torch::Tensor& y,
                                                const torch::Tensor& z) const = 0;
  // Its gradient with respect to z, shape of z.
  virtual torch::Tensor gradient(const torch::Tensor& y, const torch::Tensor& z) const = 0;
  // Var(y | z), broadcastable to z's shape.
  virtual torch::Tensor variance(const torch::Tensor& z) const = 0;
  // W = sigma C^(-1/2) of y's covariance C given z; standard deviations below `floor` count as it.
  // By default that of independent values with variance(z).
  virtual Whitening whitening(const torch::Tensor& z, double floor) const;
  // Whether it is white as it is, with the same sigma() for every value and every z.
  virtual bool is_white() const { return false; }
  // One number for methods that take a scalar: the root mean variance at mid-grey, [0,1] units.
  virtual double sigma() const = 0;
  // As --noise takes it.
  virtual std::string describe() const = 0;
  // The noise of a part of a measurement of shape `whole`: of what lies in the rectangle `window`.
  // Null, the default, where the model is the same everywhere. Usage error when it is for another
  // shape.
  virtual std::shared_ptr<const NoiseModel> part(const Window& /*window*/,
                                                 const Shape& /*whole*/) const {
    return nullptr;
  }
  // Bytes of memory that it takes by itself: those of a map.
  virtual std::int64_t held_bytes() const { return 0; }
  // How far, in pixels, the noise of values is correlated; 0: they are independent.
  virtual std::int64_t reach() const { return 0; }
};

}  // namespace restore
