#include "librestore/model/method.h"

#include "librestore/core/interrupt.h"
#include "librestore/linalg/inner_product.h"

namespace restore {
namespace {

// A move that has grown by this factor over the smallest one is no transient any more.
constexpr double kDivergence = 1e4;
// A picture whose root mean square has grown by this factor, or to this value, is none any more.
constexpr double kGrowth = 100;

}  // namespace

std::string to_string(Termination termination) {
  switch (termination) {
    case Termination::converged:
      return "converged";
    case Termination::max_iterations:
      return "max_iterations";
    case Termination::diverged:
      return "diverged";
    case Termination::stopped:
      return "stopped";
  }
  return "unknown";
}

Json to_json(const Summary& summary) {
  Json json;
  json["termination"] = to_string(summary.termination);
  json["message"] = summary.message;
  json["iterations"] = summary.iterations;
  json["denoiser_calls"] = summary.denoiser_calls;
  json["fixed_point_residual"] = summary.fixed_point_residual;
  json["data_residual"] = summary.data_residual;
  return json;
}

StepMonitor::StepMonitor(const char* method, int iterations, double tolerance, Observer* observer)
    : method_(method), iterations_(iterations), tolerance_(tolerance), observer_(observer) {}

void StepMonitor::end(Termination termination, std::string message) {
  summary_.termination = termination;
  summary_.message = std::move(message);
  ended_ = true;
}

bool StepMonitor::proceed(const torch::Tensor& previous, const torch::Tensor& x, double sigma,
                          double step) {
  throw_if_interrupted();
  ++summary_.iterations;
  const double size = std::sqrt(total_squared_norm(x));
  const double move = std::sqrt(total_squared_norm(x - previous)) / std::max(size, 1e-12);
  summary_.fixed_point_residual = move;
  const double root_n = std::sqrt(std::max<double>(1, static_cast<double>(x.numel())));
  const double rms = size / root_n;
  if (summary_.iterations == 1)
    first_rms_ = std::max(std::sqrt(total_squared_norm(previous)) / root_n, 1.0);

  if (!std::isfinite(move)) {
    end(Termination::diverged,
        fmt::format("{}: NaN or infinity in step {}", method_, summary_.iterations));
  } else if (move > kDivergence * smallest_residual_ && move > 1) {
    end(Termination::diverged, fmt::format("{}: the step size grew to {:.3g} in step {}", method_,
                                           move, summary_.iterations));
  } else if (rms > kGrowth * first_rms_) {
    end(Termination::diverged, fmt::format("{}: the estimate grew to {:.3g} in step {}", method_,
                                           rms, summary_.iterations));
  } else if (move <= tolerance_) {
    end(Termination::converged, fmt::format("{}: fixed-point residual {:.2e} after {} steps",
                                            method_, move, summary_.iterations));
  }
  smallest_residual_ = std::min(smallest_residual_, move);

  const StepReport report{summary_.iterations, iterations_, sigma, step, move, &x};
  if (observer_ && !observer_->step(report) && !ended_)
    end(Termination::stopped, fmt::format("{}: stopped after step {}", method_, report.iteration));
  return !ended_ && summary_.iterations < iterations_;
}

Summary StepMonitor::finish(const Measurement& measurement, const torch::Tensor& x,
                            int denoiser_calls) {
  if (!ended_) {
    summary_.termination = Termination::max_iterations;
    summary_.message = fmt::format("{}: {} steps", method_, summary_.iterations);
  }
  summary_.denoiser_calls = denoiser_calls;
  if (summary_.usable()) summary_.data_residual = residual_in_sigmas(measurement, x);
  return summary_;
}

}  // namespace restore
