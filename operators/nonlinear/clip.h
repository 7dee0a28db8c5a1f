// Over-exposure: y = min(max(e x, low), high). A burnt-out pixel says only that the scene was at
// least as bright, which a linear operator cannot say.
#pragma once

#include "operators/nonlinear/pointwise.h"

namespace restore {

struct ClipOptions {
  double low = 0, high = 1;  // of the measurement, [0,1]; low < high
  double exposure = 1;       // e, what the light is multiplied by, above 0
};

class Clip : public Pointwise {
 public:
  Clip(const Shape& shape, const ClipOptions& options);
  double norm() const override { return options_.exposure; }

 private:
  torch::Tensor do_apply(const torch::Tensor& x) const override;
  // e inside, 0 beyond the ends.
  torch::Tensor slope(const torch::Tensor& x) const override;
  torch::Tensor inverse(const torch::Tensor& y) const override;

  ClipOptions options_;
};

}  // namespace restore
