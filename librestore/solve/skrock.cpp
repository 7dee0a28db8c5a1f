// Pereyra, Vargas Mieles, Zygalakis 2020, "Accelerating proximal Markov chain Monte Carlo by using
// an explicit stabilized method", https://arxiv.org/abs/1905.06386
#include "librestore/solve/skrock.h"

namespace restore {
namespace {

constexpr double kEta = 0.05;  // damping

// T_0..T_s and T_s' at w, by T_{j+1} = 2 w T_j - T_{j-1} and its derivative.
struct Chebyshev {
  Chebyshev(int s, double w) : T{1, w} {
    double before = 0;
    derivative = 1;
    for (int j = 2; j <= s; ++j) {
      const double next = 2 * T[j - 1] + 2 * w * derivative - before;
      before = derivative;
      derivative = next;
      T.push_back(2 * w * T[j - 1] - T[j - 2]);
    }
  }
  std::vector<double> T;
  double derivative;  // of T_s
};

}  // namespace

const Parameters<SkRockOptions>& SkRock::parameters() {
  static const Parameters<SkRockOptions> table{
      {{"iterations", "", 2, 10000000, "steps with burn-in"}, &SkRockOptions::iterations},
      {{"stages", "", 2, 100, "denoiser calls a step"}, &SkRockOptions::stages},
      {{"burn_in", "", 0, 0.99, "part of the steps that is not counted"}, &SkRockOptions::burn_in},
      {{"sigma", "[0,1]", 1e-4, 100, "noise level of the denoiser"}, &SkRockOptions::sigma},
      {{"alpha", "", 0, 1e6, "weight of the prior, 1 for Bayes"}, &SkRockOptions::alpha},
      {{"step", "", 1e-6, 1, "step size in units of the largest stable one"}, &SkRockOptions::step},
  };
  return table;
}

PosteriorMoments SkRock::moments(const Measurement& measurement, const Denoiser& prior, Rng& rng,
                                 Observer* observer) const {
  const int s = options_.stages;
  const double omega0 = 1 + kEta / (s * s);
  const Chebyshev chebyshev(s, omega0);
  const auto& T = chebyshev.T;
  const double omega1 = T[s] / chebyshev.derivative;
  const double stability = (s - 0.5) * (s - 0.5) * (2 - 4 * kEta / 3) - 1.5;
  const auto kernel = [&](const LangevinTarget& target, PriorStep& D, double delta,
                          const torch::Tensor& x, const torch::Tensor& z) {
    const auto Q = std::sqrt(2 * delta) * z;
    const double mu1 = omega1 / omega0, nu1 = s * omega1 / 2, kappa1 = s * omega1 / omega0;
    auto before = x;
    // K_1 = x_k + mu_1 delta grad(x_k + nu_1 Q) + kappa_1 Q
    auto K = x + mu1 * delta * target.gradient(x + nu1 * Q, D) + kappa1 * Q;
    for (int j = 2; j <= s; ++j) {
      const double mu = 2 * omega1 * T[j - 1] / T[j], nu = 2 * omega0 * T[j - 1] / T[j];
      // K_j = mu_j delta grad(K_{j-1}) + nu_j K_{j-1} + kappa_j K_{j-2}
      const auto next = mu * delta * target.gradient(K, D) + nu * K + (1 - nu) * before;
      before = K;
      K = next;
    }
    return K;
  };
  return sample_langevin("skrock", measurement, prior, options_, stability, kernel, rng, observer);
}

}  // namespace restore
