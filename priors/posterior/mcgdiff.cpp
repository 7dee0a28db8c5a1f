#include "priors/posterior/mcgdiff.h"

#include <algorithm>
#include <numbers>

#include "librestore/model/random.h"
#include "librestore/solve/plug_and_play.h"
#include "priors/posterior/posterior_denoiser.h"

namespace restore {
namespace {

// So many different tau get a noise level of their own; more are rounded to the schedule's nearest.
constexpr std::int64_t kExtraLevels = 16;

// sum over the masked coefficients of log N(y; mean, variance): one number an item, float64.
torch::Tensor log_normal(const torch::Tensor& y, const torch::Tensor& mean,
                         const torch::Tensor& variance, const torch::Tensor& mask) {
  const auto v = torch::where(mask, variance, 1);
  const auto log_density = -0.5 * ((y - mean).square() / v + (2 * std::numbers::pi * v).log());
  return torch::where(mask, log_density, 0).to(torch::kFloat64).sum({1, 2, 3});
}

// The observed coefficients, 1 x input_shape each.
struct Observations {
  torch::Tensor known, ybar, tau;
  double kappa = 0;

  torch::Tensor at(double sigma) const { return known & (tau <= sigma); }
  torch::Tensor above(double sigma) const { return known & (tau < sigma); }
  // sigma^2 - tau^2 + kappa
  torch::Tensor variance(double sigma) const { return sigma * sigma - tau.square() + kappa; }
};

// For each value the nearest of the ascending levels; halfway, the higher.
torch::Tensor nearest(const torch::Tensor& values, const std::vector<double>& ascending) {
  const auto levels = torch::tensor(ascending, torch::kFloat64);
  const auto above = torch::searchsorted(levels, values).clamp_max(levels.numel() - 1);
  const auto high = levels.index({above}), low = levels.index({(above - 1).clamp_min(0)});
  return torch::where((high - values).abs() <= (values - low).abs(), high, low);
}

// ybar and tau, and the schedule with those tau in it that the prior has a level for. No tau is
// rounded to the schedule's last level, 0: there a state has no noise that those of the data could
// be.
Observations observe(const SpectralOperator& A, const Measurement& item, double kappa,
                     const SigmaRange& range, std::vector<double>& sigmas) {
  const auto s = A.singular_values();
  const double sigma_y = floored_sigma(item);
  const auto known = s * sigmas.front() > sigma_y;
  auto tau = torch::where(known, sigma_y / s, 0);

  const auto within_range = known & (tau >= range.minimum);
  const auto distinct = std::get<0>(at::_unique(tau.masked_select(within_range)));
  if (distinct.numel() <= kExtraLevels) {
    sigmas.insert(sigmas.end(), distinct.data_ptr<double>(),
                  distinct.data_ptr<double>() + distinct.numel());
    std::sort(sigmas.begin(), sigmas.end(), std::greater<>());
    sigmas.erase(std::unique(sigmas.begin(), sigmas.end()), sigmas.end());
  }
  tau = nearest(tau, {sigmas.rbegin() + 1, sigmas.rend()});

  const auto ybar = torch::where(known, A.Ut(item.y).to(torch::kFloat64) / s, 0);
  const auto type = item.y.scalar_type();
  return {known, ybar.to(type), tau.to(type), kappa};
}

}  // namespace

const Parameters<McgdiffOptions>& Mcgdiff::parameters() {
  static const auto table = with_sampling_parameters<McgdiffOptions>(
      {
          {{"particles", "", 2, 1e6, "states that descend together"}, &McgdiffOptions::particles},
          {{"kappa", "[0,1]^2", 0, 1, "width of the pin at the data's noise level"},
           &McgdiffOptions::kappa},
      },
      FreshNoise::needed);
  return table;
}

Cloud Mcgdiff::cloud(const Measurement& item, const Denoiser& prior, Rng& rng,
                     Observer* observer) const {
  require_fresh_noise(options_, "mcgdiff");
  const auto& A = spectral_operator(item, "mcgdiff");
  auto sigmas = noise_levels(options_, prior.sigma_range());
  const auto y = observe(A, item, options_.kappa, prior.sigma_range(), sigmas);
  const std::int64_t n = options_.particles;

  Cloud cloud;
  // x ~ N(m, v) g(x), normalised: K = v / (v + g), mean K ybar + (1 - K) m, variance g K
  const auto propose = [&](const torch::Tensor& m, double v, double sigma) {
    const auto observed = y.at(sigma);
    const auto g = y.variance(sigma).clamp_min(0);
    const auto K = torch::where(observed, v / (v + g), 0);
    const auto variance = torch::where(observed, g * K, v);
    return torch::where(observed, K * y.ybar + (1 - K) * m, m) +
           variance.sqrt() * randn(rng, A.input_shape(), n, item.y.scalar_type());
  };

  const double sigma_T = sigmas[0];
  const auto start = A.Vt(A.initial_estimate(item.y)).expand({n, -1, -1, -1});
  cloud.log_evidence =
      log_normal(y.ybar, start, sigma_T * sigma_T + y.variance(sigma_T), y.at(sigma_T))[0]
          .item<double>();
  auto x_T = A.V(propose(start, sigma_T * sigma_T, sigma_T));

  const auto step = [&](const torch::Tensor& x_t, double sigma_t, double sigma_s) -> Move {
    auto x = A.Vt(x_t);
    const auto D = prior.denoise(x_t, sigma_t);
    const auto x0_hat = A.Vt(D);
    // p(x_s | x_t) = N(m, v)
    const double v = options_.fresh_variance(sigma_t, sigma_s);
    const double kept = std::sqrt(std::max(0.0, sigma_s * sigma_s - v)) / sigma_t;
    auto m = x0_hat + kept * (x - x0_hat);
    if (y.above(sigma_t).any().item<bool>()) {
      // w = N(ybar; m, v + g_s) / N(ybar; x_t, g_t)
      const auto log_w = log_normal(y.ybar, m, v + y.variance(sigma_s), y.at(sigma_s)) -
                         log_normal(y.ybar, x, y.variance(sigma_t), y.above(sigma_t));
      cloud.log_evidence += log_mean_exp(log_w);
      cloud.smallest_ess =
          std::min(cloud.smallest_ess, effective_sample_size(log_w) / static_cast<double>(n));
      m = m.index_select(0, resample_multinomial(log_w, rng));
    }
    return {A.V(propose(m, v, sigma_s)), D, options_.particles};
  };
  auto [x_0, summary] = descend("mcgdiff", item, sigmas, x_T, observer, step);
  // p(y) = p(ybar) / prod s
  cloud.log_evidence -= A.singular_values().masked_select(y.known).log().sum().item<double>();
  cloud.x = x_0;
  cloud.log_weights = torch::zeros({n}, torch::kFloat64);
  cloud.summary = summary;
  return cloud;
}

}  // namespace restore
