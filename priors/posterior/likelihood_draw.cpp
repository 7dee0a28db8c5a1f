#include "priors/posterior/likelihood_draw.h"

#include "librestore/model/random.h"
#include "librestore/solve/plug_and_play.h"

namespace restore {

torch::Tensor draw_likelihood(const Measurement& item, const torch::Tensor& centre, double r,
                              const LikelihoodDrawOptions& langevin, Rng& rng) {
  const double sigma_y = floored_sigma(item);
  const auto y = item.y.expand({centre.size(0), -1, -1, -1});
  if (const auto* A = dynamic_cast<const LinearOperator*>(item.A.get())) {
    const auto perturbed = y + sigma_y * randn_like(rng, y);
    return A->prox(centre + r * randn_like(rng, centre), perturbed, sigma_y * sigma_y / (r * r));
  }
  const double norm = item.A->norm();
  const double h = langevin.step / (1 / (r * r) + norm * norm / (sigma_y * sigma_y));
  auto x = centre;
  for (int i = 0; i < langevin.iterations; ++i) {
    // grad = A'^T (A(x) - y) / sigma_y^2 + (x - c) / r^2
    const auto gradient =
        item.A->vjp(x, item.A->apply(x) - y) / (sigma_y * sigma_y) + (x - centre) / (r * r);
    x = x - h * gradient + std::sqrt(2 * h) * randn_like(rng, x);
  }
  return x;
}

}  // namespace restore
