// Lugmayr, Danelljan, Romero, Yu, Timofte, Van Gool 2022, "RePaint: Inpainting using Denoising
// Diffusion Probabilistic Models", https://arxiv.org/abs/2201.09865, algorithm 1
//
//   x_s = (I - P) x'_s + P (A^+ y + sigma_s n),   P = A^+ A
//
// with x'_s the reverse step: the measured part is replaced by the data at the state's noise level,
// and every step is taken `resamplings` times, with the noise put back in between, so that the rest
// can follow. For a mask this is the paper's; without resampling and for a down-sampling A it is
// ILVR (Choi et al. 2021, https://arxiv.org/abs/2108.02938), whose low-pass filter is P. The
// measured part is never compared with the prior: not exact, and made for data without noise.
#pragma once

#include "priors/posterior/sampling.h"

namespace restore {

struct RepaintOptions : SamplingOptions {
  int resamplings = 10;  // times that a step is taken, the paper's r; 1 for ILVR
};

class Repaint : public Method {
 public:
  using Options = RepaintOptions;
  static const Parameters<Options>& parameters();
  explicit Repaint(const Options& options = {}) : options_(options) {}

  // Needs a linear operator; any prior.
  Result run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
             Observer* observer = nullptr) const override;

 private:
  Options options_;
};

}  // namespace restore
