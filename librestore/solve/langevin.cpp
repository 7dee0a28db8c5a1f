// Laumont et al. 2022, "Bayesian imaging using Plug & Play priors: when Langevin meets Tweedie",
// https://arxiv.org/abs/2103.04715
#include "librestore/solve/langevin.h"

#include "librestore/model/random.h"

namespace restore {
namespace {

constexpr double kBoxLow = -1, kBoxHigh = 2;  // the paper's

PosteriorMoments sample_item(const char* name, const Measurement& measurement,
                             const Denoiser& prior, const LangevinOptions& options,
                             double stability, const LangevinKernel& kernel, Rng rng,
                             Observer* observer) {
  const Operator& A = *measurement.A;
  PriorStep D(prior);
  const LangevinTarget target(measurement, D, options);
  const double delta = options.step * stability / target.lipschitz();

  StepMonitor monitor(name, options.iterations, StepMonitor::kNever, observer);
  RunningMoments moments;
  auto x = A.initial_estimate(measurement.y);
  bool go_on = true;
  for (int k = 0; go_on; ++k) {
    const auto next = kernel(target, D, delta, x, randn_like(rng, x));
    go_on = monitor.proceed(x, next, target.sigma(), delta);
    x = next;
    // A chain that is stopped early has no moments but those of where it stands.
    if (k >= options.burn_in * options.iterations || !go_on) moments.add(x);
  }
  const auto mean = moments.mean();
  return {mean, moments.variance(), monitor.finish(measurement, mean, D.calls())};
}

}  // namespace

void RunningMoments::add(const torch::Tensor& x) {
  if (++count_ == 1) {
    mean_ = x.clone();
    squares_ = torch::zeros_like(x);
    return;
  }
  // m_n = m_{n-1} + (x - m_{n-1}) / n,  S_n = S_{n-1} + (x - m_{n-1}) (x - m_n)
  const auto before = x - mean_;
  mean_ = mean_ + before / count_;
  squares_ = squares_ + before * (x - mean_);
}

torch::Tensor RunningMoments::variance() const {
  return squares_ / std::max<std::int64_t>(1, count_ - 1);
}

LangevinTarget::LangevinTarget(const Measurement& measurement, const PriorStep& D,
                               const LangevinOptions& options)
    : A_(*measurement.A),
      y_(measurement.y),
      sigma_y_(floored_sigma(measurement)),
      sigma_(D.level(options.sigma)),
      alpha_(options.alpha) {
  // The box's term has half the pull of the others, so that it costs a third of the step.
  const double others = std::pow(A_.norm() / sigma_y_, 2) + alpha_ / (sigma_ * sigma_);
  lambda_ = 2 / others;
}

torch::Tensor LangevinTarget::gradient(const torch::Tensor& x, PriorStep& D) const {
  return A_.vjp(x, y_ - A_.apply(x)) / (sigma_y_ * sigma_y_) +
         alpha_ / (sigma_ * sigma_) * (D(x, sigma_) - x) +
         (x.clamp(kBoxLow, kBoxHigh) - x) / lambda_;
}

double LangevinTarget::lipschitz() const { return 3 / lambda_; }

PosteriorMoments sample_langevin(const char* name, const Measurement& measurement,
                                 const Denoiser& prior, const LangevinOptions& options,
                                 double stability, const LangevinKernel& kernel, const Rng& rng,
                                 Observer* observer) {
  auto sample = rng.sample();
  std::vector<torch::Tensor> variances;
  auto result = restore_items(measurement, [&](const Measurement& item) -> Result {
    auto moments = sample_item(name, item, prior, options, stability, kernel,
                               rng.for_sample(sample++), observer);
    variances.push_back(moments.variance);
    return {moments.mean, {}, std::move(moments.summary)};
  });
  return {result.estimate, torch::cat(variances), std::move(result.summary)};
}

Result LangevinMethod::run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
                           Observer* observer) const {
  auto found = moments(measurement, prior, rng, observer);
  return {found.mean, {}, std::move(found.summary)};
}

}  // namespace restore
