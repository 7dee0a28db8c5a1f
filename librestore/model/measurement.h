// y = A x + n: what a method is asked to explain.
#pragma once

#include <memory>

#include <torch/types.h>

#include "librestore/model/linear_operator.h"
#include "librestore/model/noise_model.h"

namespace restore {

// Data are never taken to be better than this, [0,1] units: DPIR's floor, a quarter of an 8-bit
// step, about the rounding error of an 8-bit file (1 / (255 sqrt(12))).
inline constexpr double kSigmaFloor = 0.255 / 255;

struct Measurement {
  torch::Tensor y;  // N x output_shape
  std::shared_ptr<const Operator> A;
  std::shared_ptr<const NoiseModel> noise;

  // The noise's level; usage error unless it is white: operators/noise/whitened.h makes it so.
  double sigma_y() const;

  // The rung an algorithm needs; a usage error that names `method` when A does not climb so high.
  const LinearOperator& linear(const char* method) const;
};

// How well x explains y: the root mean square of C^(-1/2) (y - A(x)), C the covariance of the noise
// where the noiseless measurement is A(x). 1 is a perfect match of the noise, much less over-fits,
// much more does not explain the data. `floor` stands in for standard deviations that are smaller.
double residual_in_sigmas(const Measurement& measurement, const torch::Tensor& x,
                          double floor = kSigmaFloor);

}  // namespace restore
