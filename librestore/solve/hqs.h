// Half-quadratic splitting with a denoiser in the place of the prior's step, on DPIR's schedule.
//
// Zhang, Li, Zuo, Zhang, Van Gool, Timofte 2021, "Plug-and-Play Image Restoration with Deep
// Denoiser Prior", https://arxiv.org/abs/2008.13751
//
//   z_k     = argmin_z 1/2 ||A z - y||^2 + rho_k / 2 ||z - x_k||^2
//   x_{k+1} = D(z_k, sigma_k)
// with rho_k = lambda sigma_y^2 / sigma_k^2 and sigma_k from sigma_start down to sigma_end, evenly
// in their logarithm, or the nearest in the prior's range: rho_k is of the level that D is called
// with. The schedule is the stop.
#pragma once

#include "librestore/core/parameters.h"
#include "librestore/solve/plug_and_play.h"

namespace restore {

struct HqsOptions {
  int iterations = 8;               // DPIR: 8 for deblurring, 24 for super-resolution
  double sigma_start = 49.0 / 255;  // the first step's noise level, [0,1]
  double sigma_end = 0;             // the last step's; 0: sigma_y
  double lambda = 0.23;             // weight of the prior, the paper's
};

// Any operator. Where sigma_y is 0 a last data step with the schedule's smallest rho makes the
// estimate meet the data.
class Hqs : public ItemwiseMethod {
 public:
  using Options = HqsOptions;
  static const Parameters<Options>& parameters();
  explicit Hqs(const Options& options = {}) : options_(options) {}

 private:
  Result run_item(const Measurement& measurement, const Denoiser& prior,
                  Observer* observer) const override;

  Options options_;
};

}  // namespace restore
