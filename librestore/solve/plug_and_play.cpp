#include "librestore/solve/plug_and_play.h"

#include <algorithm>

namespace restore {
namespace {

int severity(Termination termination) {
  switch (termination) {
    case Termination::converged:
      return 0;
    case Termination::max_iterations:
      return 1;
    case Termination::stopped:
      return 2;
    case Termination::diverged:
      return 3;
  }
  return 3;
}

}  // namespace

Summary worst_of(const std::vector<Summary>& summaries) {
  Summary worst = summaries.front();
  int calls = 0;
  for (const Summary& summary : summaries) {
    calls += summary.denoiser_calls;
    if (severity(summary.termination) > severity(worst.termination)) worst = summary;
  }
  worst.denoiser_calls = calls;
  return worst;
}

double floored_sigma(const Measurement& measurement) {
  return std::max(measurement.sigma_y(), kSigmaFloor);
}

bool is_noiseless(const Measurement& measurement) { return measurement.sigma_y() < kSigmaFloor; }

PriorStep::PriorStep(const Denoiser& prior)
    : range_(prior.sigma_range()), session_(prior.session()) {}

double PriorStep::level(double sigma) const {
  return std::clamp(sigma, range_.minimum, range_.maximum);
}

torch::Tensor PriorStep::operator()(const torch::Tensor& x, double sigma) {
  ++calls_;
  return session_->denoise(x, level(sigma));
}

Result restore_items(const Measurement& measurement,
                     const std::function<Result(const Measurement& item)>& restore_one) {
  if (measurement.y.size(0) == 1) return restore_one(measurement);
  std::vector<Summary> summaries;
  std::vector<torch::Tensor> estimates;
  for (const auto& y : measurement.y.split(1)) {
    auto result = restore_one({y, measurement.A, measurement.noise});
    summaries.push_back(std::move(result.summary));
    estimates.push_back(std::move(result.estimate));
  }
  return {torch::cat(estimates), {}, worst_of(summaries)};
}

Result ItemwiseMethod::run(const Measurement& measurement, const Denoiser& prior, Rng&,
                           Observer* observer) const {
  return restore_items(measurement,
                       [&](const Measurement& item) { return run_item(item, prior, observer); });
}

}  // namespace restore
