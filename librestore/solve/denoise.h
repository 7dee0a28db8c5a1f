// One evaluation of the denoiser at the noise level of the measurement: x = D(y, sigma_y).
#pragma once

#include "librestore/core/parameters.h"
#include "librestore/solve/plug_and_play.h"

namespace restore {

struct DenoiseOptions {
  double sigma = 0;  // noise level, [0,1]; 0: sigma_y
};

// Usage error unless A is the identity and there is noise.
class Denoise : public ItemwiseMethod {
 public:
  using Options = DenoiseOptions;
  static const Parameters<Options>& parameters();
  explicit Denoise(const Options& options = {}) : options_(options) {}

  bool takes(const Operator& A) const override { return A.is_identity(); }

 private:
  Result run_item(const Measurement& measurement, const Denoiser& prior,
                  Observer* observer) const override;

  Options options_;
};

}  // namespace restore
