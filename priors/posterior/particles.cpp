#include "priors/posterior/particles.h"

#include "librestore/model/random.h"
#include "librestore/solve/plug_and_play.h"

namespace restore {
namespace {

// The first index whose cumulated weight exceeds u.
torch::Tensor invert_distribution(const torch::Tensor& log_weights, const torch::Tensor& u) {
  const auto cumulated = torch::softmax(log_weights, 0).cumsum(0);
  return torch::searchsorted(cumulated, u * cumulated[-1], /*out_int32=*/false, /*right=*/true)
      .clamp_max(log_weights.size(0) - 1);
}

}  // namespace

double effective_sample_size(const torch::Tensor& log_weights) {
  return 1 / torch::softmax(log_weights, 0).square().sum().item<double>();
}

double log_mean_exp(const torch::Tensor& l) {
  return l.logsumexp(0).item<double>() - std::log(static_cast<double>(l.size(0)));
}

torch::Tensor resample_multinomial(const torch::Tensor& log_weights, Rng& rng) {
  const auto u = rand(rng, {1, 1, log_weights.size(0)}, 1, torch::kFloat64).flatten();
  return invert_distribution(log_weights, u);
}

torch::Tensor resample_systematic(const torch::Tensor& log_weights, Rng& rng) {
  const auto n = log_weights.size(0);
  const auto u = (torch::arange(n, torch::kFloat64) + rng.uniform()) / static_cast<double>(n);
  return invert_distribution(log_weights, u);
}

Result ParticleMethod::run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
                           Observer* observer) const {
  std::vector<torch::Tensor> samples_of_items;
  std::vector<Summary> summaries;
  for (const auto& y : measurement.y.split(1)) {
    Rng stream = rng;
    auto made = cloud({y, measurement.A, measurement.noise}, prior, stream, observer);
    const auto u = rand(stream, {1, 1, 1}, samples(), torch::kFloat64).flatten();
    samples_of_items.push_back(made.x.index_select(0, invert_distribution(made.log_weights, u)));
    made.summary.message +=
        fmt::format(", effective sample size {:.0f} % at least, log evidence {:.4g}",
                    100 * made.smallest_ess, made.log_evidence);
    summaries.push_back(std::move(made.summary));
  }
  const auto drawn = torch::stack(samples_of_items, 1);  // samples x items x input_shape
  Result result{drawn.mean(0), drawn.unbind(), worst_of(summaries)};
  if (result.summary.usable())
    result.summary.data_residual = residual_in_sigmas(measurement, result.estimate);
  return result;
}

}  // namespace restore
