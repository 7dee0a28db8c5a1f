#include "priors/diffusion/schedule.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

#include "librestore/core/error.h"

namespace restore {
namespace {

void require_range(const char* schedule, double low, double high) {
  if (!(low > 0 && high > low && std::isfinite(high)))
    throw usage_error("{} schedule: {} and {} are not two rising positive numbers", schedule, low,
                      high);
}

void require_steps(const char* schedule, int steps, int least) {
  if (steps < least)
    throw usage_error("{} schedule: {} steps, at least {}", schedule, steps, least);
}

// level(u) for u from 0 to 1, and the clean end.
Schedule sampled(int steps, const std::function<NoiseLevel(double u)>& level) {
  Schedule schedule;
  for (int i = 0; i < steps; ++i) schedule.push_back(level(i / std::max(1.0, steps - 1.0)));
  schedule.push_back({1, 0});
  return schedule;
}

// t from 1 to t_min; alpha(t), sigma as a function of alpha^2.
Schedule sampled_sde(const char* name, int steps, const VpOptions& o, double (*sigma)(double)) {
  require_steps(name, steps, 1);
  require_range(name, o.beta_min, o.beta_max);
  require_range(name, o.t_min, 1);
  return sampled(steps, [&](double u) -> NoiseLevel {
    const double t = 1 + u * (o.t_min - 1);
    // alpha^2 = exp(-t^2 (beta_max - beta_min) / 2 - t beta_min)
    const double log_alpha2 = -t * t * (o.beta_max - o.beta_min) / 2 - t * o.beta_min;
    return {std::exp(log_alpha2 / 2), sigma(log_alpha2)};
  });
}

}  // namespace

double NoiseLevel::log_snr() const { return 2 * std::log(alpha / sigma); }

std::vector<double> ve_sigmas(const Schedule& schedule) {
  std::vector<double> sigmas;
  for (const NoiseLevel& level : schedule) sigmas.push_back(level.ve_sigma());
  return sigmas;
}

Schedule respaced(const Schedule& schedule, int steps) {
  const int levels = static_cast<int>(schedule.size()) - 1;
  if (steps < 1 || steps > levels)
    throw usage_error("schedule: {} steps of one that has {}", steps, levels);
  return sampled(steps, [&](double u) {
    return schedule[static_cast<std::size_t>(std::lround(u * (levels - 1)))];
  });
}

Schedule ddpm_schedule(const std::vector<double>& betas) {
  Schedule schedule{{1, 0}};
  double alpha2 = 1, sigma2 = 0;
  for (const double beta : betas) {
    if (!(beta > 0 && beta < 1)) throw usage_error("ddpm schedule: beta {} is not in (0,1)", beta);
    alpha2 *= 1 - beta;
    sigma2 += beta * (1 - sigma2);  // 1 - alpha^2 without cancellation
    schedule.push_back({std::sqrt(alpha2), std::sqrt(sigma2)});
  }
  std::reverse(schedule.begin(), schedule.end());
  return schedule;
}

std::vector<double> linear_betas(int T, double beta_1, double beta_T) {
  require_steps("ddpm", T, 2);
  std::vector<double> betas;
  for (int t = 0; t < T; ++t) betas.push_back(beta_1 + (beta_T - beta_1) * t / (T - 1.0));
  return betas;
}

std::vector<double> cosine_betas(int T) {
  require_steps("ddpm", T, 1);
  const auto f = [](double u) {
    constexpr double s = 0.008;
    const double c = std::cos((u + s) / (1 + s) * std::numbers::pi / 2);
    return c * c;
  };
  std::vector<double> betas;
  for (int t = 1; t <= T; ++t)
    betas.push_back(std::min(0.999, 1 - f(static_cast<double>(t) / T) / f((t - 1.0) / T)));
  return betas;
}

Schedule vp_schedule(int steps, const VpOptions& options) {
  return sampled_sde("vp", steps, options,
                     [](double log_alpha2) { return std::sqrt(-std::expm1(log_alpha2)); });
}

Schedule sub_vp_schedule(int steps, const VpOptions& options) {
  return sampled_sde("sub-vp", steps, options,
                     [](double log_alpha2) { return -std::expm1(log_alpha2); });
}

Schedule ve_schedule(int steps, double sigma_min, double sigma_max) {
  require_steps("ve", steps, 2);
  require_range("ve", sigma_min, sigma_max);
  return sampled(steps, [&](double u) -> NoiseLevel {
    return {1, sigma_max * std::pow(sigma_min / sigma_max, u)};
  });
}

Schedule edm_schedule(int steps, double sigma_min, double sigma_max, double rho) {
  require_steps("edm", steps, 2);
  require_range("edm", sigma_min, sigma_max);
  const double first = std::pow(sigma_max, 1 / rho), last = std::pow(sigma_min, 1 / rho);
  // Rounding must not leave what may be a prior's range.
  return sampled(steps, [&](double u) -> NoiseLevel {
    return {1, std::clamp(std::pow(first + u * (last - first), rho), sigma_min, sigma_max)};
  });
}

}  // namespace restore
