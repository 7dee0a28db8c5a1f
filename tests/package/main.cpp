// Blurs a white square and restores it; fails unless that halves the error.
#include "librestore/solve/table.h"
#include "operators/factory.h"
#include "operators/noise/gaussian_noise.h"
#include "priors/factory.h"

int main() {
  torch::Tensor x0 = torch::zeros({1, 3, 48, 64});
  x0.slice(2, 12, 36).slice(3, 16, 48).fill_(1);
  const auto A = restore::build_operator("blur(gaussian:1.6)", {restore::shape_of(x0)});
  const auto noise = std::make_shared<restore::GaussianNoise>(0.01);
  restore::Rng rng(0);
  const restore::Measurement measurement{noise->sample(A->apply(x0), rng), A, noise};
  const auto prior = restore::make_prior("tv");
  const auto result = restore::find_solver("hqs").make({})->run(measurement, *prior, rng);
  const auto error = [&](const torch::Tensor& x) { return (x - x0).norm().item<double>(); };
  return error(result.estimate) < 0.5 * error(A->initial_estimate(measurement.y)) ? 0 : 1;
}
