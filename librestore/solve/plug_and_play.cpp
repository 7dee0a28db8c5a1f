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

Summary combine(const std::vector<Result>& results) {
  Summary worst = results.front().summary;
  int calls = 0;
  for (const Result& result : results) {
    calls += result.summary.denoiser_calls;
    if (severity(result.summary.termination) > severity(worst.termination)) worst = result.summary;
  }
  worst.denoiser_calls = calls;
  return worst;
}

}  // namespace

double floored_sigma(const Measurement& measurement) {
  return std::max(measurement.sigma_y(), kSigmaFloor);
}

bool is_noiseless(const Measurement& measurement) { return measurement.sigma_y() < kSigmaFloor; }

PriorStep::PriorStep(const Denoiser& prior)
    : range_(prior.sigma_range()), session_(prior.session()) {}

torch::Tensor PriorStep::operator()(const torch::Tensor& x, double sigma) {
  ++calls_;
  return session_->denoise(x, std::clamp(sigma, range_.minimum, range_.maximum));
}

Result restore_items(const Measurement& measurement,
                     const std::function<Result(const Measurement& item)>& restore_one) {
  if (measurement.y.size(0) == 1) return restore_one(measurement);
  std::vector<Result> results;
  std::vector<torch::Tensor> estimates;
  for (const auto& y : measurement.y.split(1)) {
    results.push_back(restore_one({y, measurement.A, measurement.noise}));
    estimates.push_back(results.back().estimate);
  }
  return {torch::cat(estimates), {}, combine(results)};
}

}  // namespace restore
