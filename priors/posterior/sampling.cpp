#include "priors/posterior/sampling.h"

#include <algorithm>

#include "librestore/core/error.h"
#include "librestore/model/random.h"
#include "librestore/model/sub_progress.h"
#include "librestore/solve/plug_and_play.h"
#include "priors/diffusion/schedule.h"

namespace restore {
namespace {

// Samples that are drawn together have about this many values: enough to fill a core.
constexpr std::int64_t kValuesPerChunk = 1 << 18;

}  // namespace

void require_fresh_noise(const SamplingOptions& options, const char* method) {
  if (!(options.eta > 0))
    throw usage_error("{}: eta must be positive, its steps live on fresh noise", method);
}

std::vector<double> noise_levels(const SamplingOptions& options, const SigmaRange& range) {
  const double last = std::max(options.sigma_min, range.minimum);
  const double first = std::min(options.sigma_max, range.maximum);
  if (!(last < first))
    throw usage_error(
        "levels fall from sigma_max {} to sigma_min {}, and the prior knows {} to {} of them; for "
        "a "
        "prior of one level take a solver such as hqs",
        options.sigma_max, options.sigma_min, range.minimum, range.maximum);
  return ve_sigmas(edm_schedule(options.steps, last, first, options.rho));
}

torch::Tensor initial_state(const Measurement& item, double sigma_max, std::int64_t n, Rng& rng) {
  const auto start = item.A->initial_estimate(item.y);
  return start + sigma_max * randn(rng, shape_of(start), n, start.scalar_type());
}

Chunk descend(const char* method, const Measurement& item, const std::vector<double>& sigmas,
              torch::Tensor x_T, Observer* observer, const Step& step) {
  const int steps = static_cast<int>(sigmas.size()) - 1;
  StepMonitor monitor(method, steps, StepMonitor::kNever, observer);
  auto x = x_T, estimate = x_T;
  int k = 0, calls = 0;
  for (bool go_on = true; go_on; ++k) {
    auto [x_s, x0_hat, made] = step(x, sigmas[k], sigmas[k + 1]);
    calls += made;
    go_on = monitor.proceed(estimate, x0_hat, sigmas[k]);
    x = x_s;
    estimate = x0_hat;
  }
  const auto& last = k < steps ? estimate : x;
  return {last, monitor.finish(item, last, calls)};
}

std::int64_t samples_at_once(std::int64_t count, const Shape& scene) {
  return std::clamp<std::int64_t>(kValuesPerChunk / scene.numel(), 1, count);
}

Result draw_samples(const Measurement& measurement, std::int64_t count, Rng& rng,
                    Observer* observer, const DrawChunk& draw) {
  const auto per_chunk = samples_at_once(count, measurement.A->input_shape());
  const std::int64_t per_item = (count + per_chunk - 1) / per_chunk;
  const auto items = measurement.y.split(1);
  const int chunks = static_cast<int>(per_item * static_cast<std::int64_t>(items.size()));

  // samples x items x input_shape, filled in as they come: there is no second copy of them.
  auto sizes = measurement.A->input_shape().batch(static_cast<std::int64_t>(items.size()));
  sizes.insert(sizes.begin(), count);
  const auto samples = torch::empty(sizes, measurement.y.options());
  std::vector<Summary> summaries;
  for (std::size_t n = 0; n < items.size(); ++n) {
    const Measurement item{items[n], measurement.A, measurement.noise};
    const auto of_item = samples.select(1, static_cast<std::int64_t>(n));
    for (std::int64_t first = 0; first < count; first += per_chunk) {
      SubProgress part(observer, static_cast<int>(summaries.size()), 1, chunks);
      Rng stream = rng.for_sample(rng.sample() + static_cast<std::uint32_t>(first));
      const auto drawn = std::min(per_chunk, count - first);
      auto chunk = draw(item, stream, drawn, &part);
      // However many went through the network together.
      chunk.summary.denoiser_calls *= static_cast<int>(drawn);
      of_item.narrow(0, first, drawn).copy_(chunk.samples);
      summaries.push_back(std::move(chunk.summary));
    }
  }

  Result result{samples.mean(0), samples.unbind(), worst_of(summaries)};
  if (result.summary.usable())
    result.summary.data_residual = residual_in_sigmas(measurement, result.estimate);
  return result;
}

}  // namespace restore
