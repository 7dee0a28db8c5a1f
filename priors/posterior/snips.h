// Kawar, Vaksman, Elad 2021, "SNIPS: Solving Noisy Inverse Problems Stochastically",
// https://arxiv.org/abs/2105.14951, algorithm 1: annealed Langevin dynamics, coefficient by
// coefficient
//
// In the basis of A = U diag(s) V^T, x~ = V^T x, y~ = U^T y, the noise of the state is taken to be
// part of that of the data, or the other way round, so that the score given y has a closed form:
//
//   s sigma_t > sigma_y   (y~ / s - x~) / a,
//                         a = sigma_t^2 - sigma_y^2 / s^2
//   else                  s (y~ - s x~) / (sigma_y^2 - s^2 sigma_t^2) + score,
//                         a = sigma_t^2 (1 - s^2 sigma_t^2 / sigma_y^2)
//
//   x~ <- x~ + c a score(x~ | y) + sqrt(2 c a) z
//
// `iterations` times at each noise level, c the paper's step in units of a. After the last level
// one call of D removes the noise that is left, and coefficients that the data know better than it
// are theirs. Exact in the limit of small steps, many of them, and a last noise level of 0.
#pragma once

#include "librestore/model/spectral_operator.h"
#include "priors/posterior/sampling.h"

namespace restore {

struct SnipsOptions : SamplingOptions {
  int iterations = 5;  // a level, a denoiser call each
  double step = 0.2;   // c; 2 and more is unstable
};

class Snips : public Method {
 public:
  using Options = SnipsOptions;
  static const Parameters<Options>& parameters();
  explicit Snips(const Options& options = {}) : options_(options) {}

  bool takes(const Operator& A) const override { return is_spectral(A); }
  // Needs a spectral operator and an MMSE prior.
  Result run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
             Observer* observer = nullptr) const override;

 private:
  Options options_;
};

}  // namespace restore
