// A prior and a method, ready to restore one measurement after the other.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include <torch/types.h>

#include "librestore/core/json.h"
#include "librestore/model/method.h"
#include "tools/common/common_options.h"
#include "tools/common/presets.h"

namespace restore {

struct Restored {
  torch::Tensor estimate;  // 1 x input_shape of the operator, in the range of the measurement
  torch::Tensor
      deviation;  // per value, of the posterior's samples; undefined where none was asked for
  Summary summary;
};

class Restorer {
 public:
  // Usage error when the prior, the method or a parameter is unknown, or a value out of range.
  Restorer(Task task, const MethodOptions& options);

  // y: 1 x output_shape of A, values in [0,1] or, from float files, beyond: the problem is then divided
  // by its largest value, noise included, and the estimate multiplied by it. `sigma`: the noise of y.
  // `image` keys the random numbers. Item error when the method diverges or leaves nothing of the
  // picture.
  Restored restore(const torch::Tensor& y, const std::shared_ptr<const Operator>& A, double sigma,
                   std::uint64_t image, Observer& observer) const;

  // As the user gave it; for `auto` estimated from `y` itself, at least `floor`, which is also
  // the answer for pictures too small for an estimate.
  double sigma_of(const torch::Tensor& y, double floor) const;

  const Denoiser& prior() const { return *prior_; }
  // All that decides the result, for the record of a run.
  const Json& parameters() const { return parameters_; }

 private:
  std::shared_ptr<const Denoiser> prior_;
  std::unique_ptr<Method> method_;
  bool draws_ = false, one_sample_ = false, wants_deviation_ = false;
  std::optional<double> sigma_;
  std::uint64_t seed_;
  Json parameters_;
};

}  // namespace restore
