// Romano, Elad, Milanfar 2017, "The little engine that could: Regularization by Denoising (RED)",
// https://arxiv.org/abs/1611.02862, gradient descent.
#include "librestore/solve/red_gradient.h"

#include "librestore/solve/red.h"

namespace restore {

const Parameters<RedOptions>& Red::parameters() {
  static const Parameters<RedOptions> table{
      {{"iterations", "", 1, 100000, "steps at most, a denoiser call each"},
       &RedOptions::iterations},
      {{"sigma", "[0,1]", 1e-4, 100, "noise level of the denoiser"}, &RedOptions::sigma},
      {{"lambda", "", 1e-6, 1e6, "weight of the prior against the data"}, &RedOptions::lambda},
      {{"step", "", 1e-6, 2, "step size in units of 1 / (||A||^2 + rho)"}, &RedOptions::step},
      {{"tolerance", "", 0, 1, "relative move at which to stop"}, &RedOptions::tolerance},
  };
  return table;
}

FixedPointMap Red::map(const Measurement& measurement, const PriorStep& prior) const {
  const double sigma = prior.level(options_.sigma);
  const RedGradient g(measurement, sigma, options_.lambda);
  const double step = options_.step / g.lipschitz();
  const auto T = [g, step](const torch::Tensor& x, PriorStep& D) {
    // x_{k+1} = x_k - step g(x_k)
    return x - step * g(x, D);
  };
  return {T, sigma, step};
}

}  // namespace restore
