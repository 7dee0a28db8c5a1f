// One evaluation of the denoiser at the noise level of the measurement: x = D(y, sigma_y).
#pragma once

#include "librestore/core/parameters.h"
#include "librestore/model/method.h"

namespace restore {

struct DenoiseOptions {
  double sigma = 0;  // noise level, [0,1]; 0: sigma_y
};

class Denoise : public Method {
 public:
  explicit Denoise(const DenoiseOptions& options = {}) : options_(options) {}
  static const Parameters<DenoiseOptions>& parameters();

  bool takes(const Operator& A) const override;
  // Usage error unless A is the identity and there is noise.
  Result run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
             Observer* observer = nullptr) const override;

 private:
  DenoiseOptions options_;
};

}  // namespace restore
