// Kawar, Elad, Ermon, Song 2022, "Denoising Diffusion Restoration Models",
// https://arxiv.org/abs/2201.11793, equations 4 to 8
//
// In the basis of A = U diag(s) V^T, with ybar = U^T y / s, for each coefficient:
//   s = 0      x0_hat + sqrt(1 - eta^2) sigma_s eps_hat + eta sigma_s z
//   sigma_s < sigma_y/s
//              x0_hat + sqrt(1 - eta^2) sigma_s (ybar - x0_hat) / (sigma_y / s) + eta sigma_s z
//   else       (1 - eta_b) x0_hat + eta_b ybar + sqrt(sigma_s^2 - eta_b^2 sigma_y^2 / s^2) z
//
// The conditional is made up, not derived from a prior: not exact for any.
#pragma once

#include "librestore/model/spectral_operator.h"
#include "priors/posterior/sampling.h"

namespace restore {

struct DdrmOptions : SamplingOptions {
  DdrmOptions() { eta = 0.85; }
  double eta_b = 1;  // weight of the data while the noise of the state exceeds theirs
};

class Ddrm : public Method {
 public:
  using Options = DdrmOptions;
  static const Parameters<Options>& parameters();
  explicit Ddrm(const Options& options = {}) : options_(options) {}

  bool takes(const Operator& A) const override { return is_spectral(A); }
  // Needs a spectral operator.
  Result run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
             Observer* observer = nullptr) const override;

 private:
  Options options_;
};

}  // namespace restore
