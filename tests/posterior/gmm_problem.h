// The Gaussian-mixture inverse problems on which posterior samplers are compared.
// Cardoso, Janati El Idrissi, Le Corff, Moulines 2023, "Monte Carlo guided Diffusion for Bayesian
// linear inverse problems", https://arxiv.org/abs/2308.07983, section 4 and appendix.
//
//   prior  sum_k w_k N(m_k, I), 25 means (8 i, 8 j) for i, j in {-2..2}, repeated dx / 2 times
//   y      = A x* + sigma_y n, the singular values of A and sigma_y / max s uniform on (0,1)
#pragma once

#include <memory>

#include "librestore/model/measurement.h"
#include "priors/exact/gaussian_mixture.h"
#include "tests/posterior/svd_operator.h"

namespace restore::testing {

struct GmmProblem {
  torch::Tensor weights;  // 25, float64, sum 1
  torch::Tensor means;    // 25 x dx
  std::shared_ptr<const SvdOperator> A;
  double sigma_y = 0;
  torch::Tensor x_star;  // 1 x 1 x 1 x dx
  torch::Tensor y;       // 1 x 1 x 1 x dy

  Measurement measurement() const;
  GaussianMixture prior() const;
};

// Drawn from torch's generator after torch::manual_seed(seed), in the order of the public
// benchmark: weights, A, its singular values, x*, sigma_y, noise. dx even, dy <= dx. The same
// problem as the Python original's, bit for bit up to the factorisation of A.
GmmProblem make_gmm_problem(std::int64_t dx, std::int64_t dy, std::uint64_t seed);

}  // namespace restore::testing
