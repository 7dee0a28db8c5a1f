#include "librestore/solve/denoise.h"

#include "librestore/core/error.h"
#include "librestore/model/random.h"
#include "librestore/solve/plug_and_play.h"

namespace restore {

const Parameters<DenoiseOptions>& Denoise::parameters() {
  static const Parameters<DenoiseOptions> table{
      {{"sigma", "[0,1]", 0, 100, "noise level, 0 for the measurement's"}, &DenoiseOptions::sigma},
  };
  return table;
}

// A linear map that leaves a random field as it is, bit for bit, is the identity.
bool Denoise::takes(const Operator& A) const {
  if (!dynamic_cast<const LinearOperator*>(&A) || A.input_shape() != A.output_shape()) return false;
  Rng rng(0);
  const auto probe = randn(rng, A.input_shape());
  return torch::equal(A.apply(probe), probe);
}

Result Denoise::run(const Measurement& measurement, const Denoiser& prior, Rng&,
                    Observer* observer) const {
  if (!takes(*measurement.A))
    throw usage_error(
        "denoise undoes white noise alone, and this measurement has an operator or noise of "
        "another kind; use hqs, admm or fista");
  const double sigma = options_.sigma > 0 ? options_.sigma : measurement.sigma_y();
  if (sigma == 0) throw usage_error("denoise: the noise level is 0; give the one to remove");
  return restore_items(measurement, [&](const Measurement& item) -> Result {
    PriorStep D(prior);
    StepMonitor monitor("denoise", 1, 0, observer);
    // x = D(y, sigma_y)
    const auto x = D(item.y, sigma);
    monitor.proceed(item.y, x, D.level(sigma));
    return {x, {}, monitor.finish(item, x, D.calls())};
  });
}

}  // namespace restore
