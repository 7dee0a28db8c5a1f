// y = A x + n: what a method is asked to explain.
#pragma once

#include <memory>

#include <torch/types.h>

#include "librestore/model/linear_operator.h"
#include "librestore/model/noise_model.h"

namespace restore {

struct Measurement {
  torch::Tensor y;  // N x output_shape
  std::shared_ptr<const Operator> A;
  std::shared_ptr<const NoiseModel> noise;

  double sigma_y() const { return noise->sigma(); }

  // The rung an algorithm needs; a usage error that names `method` when A does not climb so high.
  const LinearOperator& linear(const char* method) const;
};

// How well x explains y: the root mean square of (y - A x) / sqrt(variance). 1 is a perfect match
// of the noise, much less over-fits, much more does not explain the data. `sigma_floor` stands in
// for the standard deviation where that is smaller (quantisation).
double residual_in_sigmas(const Measurement& measurement, const torch::Tensor& x,
                          double sigma_floor = 1e-3);

}  // namespace restore
