#include "priors/posterior/tds.h"

#include <limits>
#include <numbers>

#include "librestore/core/error.h"
#include "librestore/linalg/inner_product.h"
#include "librestore/model/random.h"
#include "librestore/solve/plug_and_play.h"
#include "priors/posterior/posterior_denoiser.h"

namespace restore {
namespace {

// Where a dense covariance of the measurement stops being small.
constexpr std::int64_t kMostMeasurements = 64;
// Particles are resampled when fewer than this share of them count.
constexpr double kResampleBelow = 0.5;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Twist {
  torch::Tensor x0_hat;      // D(x_t)
  torch::Tensor guided;      // D(x_t | y)
  torch::Tensor likelihood;  // log p~(y | x_t), an item each, float64
};

class Likelihood {
 public:
  Likelihood(const Measurement& item, const Denoiser& prior, const TdsOptions& options)
      : y_(item.y),
        A_(spectral_operator(item, "tds")),
        D_(mmse_prior(prior, "tds")),
        sigma_y_(floored_sigma(item)),
        options_(options) {
    if (options.optimal && A_.output_shape().numel() > kMostMeasurements)
      throw usage_error("tds: optimal=true is for at most {} measured values, and there are {}",
                        kMostMeasurements, A_.output_shape().numel());
  }

  Twist twist(const torch::Tensor& x, double sigma) const {
    return options_.optimal ? dense(x, sigma) : spectral(x, sigma);
  }

  // log p(y | x_0)
  torch::Tensor log_likelihood(const torch::Tensor& x_0) const {
    const auto r = y_ - A_.apply(x_0);
    const auto m = static_cast<double>(y_.numel());
    return -0.5 * squared_norm(r).flatten() / (sigma_y_ * sigma_y_) -
           m * std::log(std::sqrt(2 * std::numbers::pi) * sigma_y_);
  }

 private:
  // N(A D, r_t^2 A A^T + sigma_y^2 I)
  Twist spectral(const torch::Tensor& x, double sigma) const {
    const auto [x0_hat, vjp] = D_.linearize(x, sigma);
    const double r2 = 1 / (1 / (options_.s * options_.s) + 1 / (sigma * sigma));
    const auto s = A_.singular_values();
    // r_t^2 s^2 + sigma_y^2
    const auto variance = r2 * s.square() + sigma_y_ * sigma_y_;
    const auto r = y_ - A_.apply(x0_hat);
    const auto r_bar = A_.Ut(r).to(torch::kFloat64);
    // The part of y outside the range of A has the variance sigma_y^2.
    const auto outside = (squared_norm(r) - squared_norm(r_bar)).flatten().clamp_min(0);
    const auto measured = (s > 0).sum().item<double>();
    const auto m = static_cast<double>(y_.numel());
    const double log_determinant = torch::where(s > 0, variance.log(), 0).sum().item<double>() +
                                   (m - measured) * std::log(sigma_y_ * sigma_y_) +
                                   m * std::log(2 * std::numbers::pi);
    const auto distance =
        (r_bar.square() / variance).sum({1, 2, 3}) + outside / (sigma_y_ * sigma_y_);
    // sigma_t^2 J^T A^T (r_t^2 A A^T + sigma_y^2 I)^-1 r
    const auto pull = A_.V((s * r_bar / variance).to(x.scalar_type()));
    return {x0_hat, x0_hat + sigma * sigma * vjp(pull), -0.5 * (distance + log_determinant)};
  }

  // N(A D, A C A^T + sigma_y^2 I)
  Twist dense(const torch::Tensor& x, double sigma) const {
    const auto [x0_hat, vjp] = D_.linearize(x, sigma);
    const auto n = x.size(0), m = y_.numel();
    const auto identity = torch::eye(m, x.options());
    std::vector<torch::Tensor> pulls, columns;
    for (std::int64_t j = 0; j < m; ++j) {
      // C A^T e_j and A C A^T e_j
      const auto e = identity[j].view_as(y_).expand({n, -1, -1, -1});
      pulls.push_back(sigma * sigma * vjp(A_.adjoint(e)));
      columns.push_back(A_.apply(pulls.back()).view({n, m}));
    }
    const auto ACAt = torch::stack(columns, 2);
    const auto S = 0.5 * (ACAt + ACAt.transpose(1, 2)) + sigma_y_ * sigma_y_ * identity;
    const auto r = (y_ - A_.apply(x0_hat)).view({n, m, 1});
    // The J of a network may be such that S is no covariance: that particle knows nothing, and NaN
    // ends the run.
    const auto [factor, failed] = torch::linalg_cholesky_ex(S);
    const auto L = factor.masked_fill(failed.view({n, 1, 1}) != 0, kNaN);
    const auto v = torch::cholesky_solve(r, L);
    auto guided = x0_hat.clone();
    for (std::int64_t j = 0; j < m; ++j) guided += pulls[j] * v.select(1, j).view({n, 1, 1, 1});
    // log N(r; 0, S)
    const auto distance = (r * v).sum({1, 2}).to(torch::kFloat64);
    const auto log_determinant = 2 * L.diagonal(0, 1, 2).log().sum(1).to(torch::kFloat64) +
                                 static_cast<double>(m) * std::log(2 * std::numbers::pi);
    return {x0_hat, guided, -0.5 * (distance + log_determinant)};
  }

  torch::Tensor y_;
  const SpectralOperator& A_;
  const MmseDenoiser& D_;
  double sigma_y_;
  TdsOptions options_;
};

// log N(x; a, v I) - log N(x; b, v I)
torch::Tensor log_ratio(const torch::Tensor& x, const torch::Tensor& a, const torch::Tensor& b,
                        double v) {
  return ((squared_norm(x - b) - squared_norm(x - a)) / (2 * v)).flatten();
}

}  // namespace

const Parameters<TdsOptions>& Tds::parameters() {
  static const auto table = with_sampling_parameters<TdsOptions>(
      {
          {{"particles", "", 2, 1e6, "states that descend together"}, &TdsOptions::particles},
          {{"optimal", "", 0, 1, "the prior's own covariance, for at most 64 measured values"},
           &TdsOptions::optimal},
          {{"s", "[0,1]", 1e-3, 1e3, "standard deviation of the prior's pictures"}, &TdsOptions::s},
      },
      FreshNoise::needed);
  return table;
}

Cloud Tds::cloud(const Measurement& item, const Denoiser& prior, Rng& rng,
                 Observer* observer) const {
  require_fresh_noise(options_, "tds");
  const Likelihood likelihood(item, prior, options_);
  const auto sigmas = noise_levels(options_, prior.sigma_range());
  const std::int64_t n = options_.particles;

  Cloud cloud;
  auto x_T = initial_state(item, sigmas[0], n, rng);
  auto twist = likelihood.twist(x_T, sigmas[0]);
  auto log_w = twist.likelihood;

  const auto step = [&](const torch::Tensor& x, double sigma_t, double sigma_s) -> Move {
    auto x_t = x;
    const double ess = effective_sample_size(log_w) / static_cast<double>(n);
    cloud.smallest_ess = std::min(cloud.smallest_ess, ess);
    if (ess < kResampleBelow) {
      cloud.log_evidence += log_mean_exp(log_w);
      const auto parents = resample_systematic(log_w, rng);
      const auto choose = [&](torch::Tensor& t) { t = t.index_select(0, parents); };
      for (auto* t : {&x_t, &twist.x0_hat, &twist.guided, &twist.likelihood}) choose(*t);
      log_w = torch::zeros_like(log_w);
    }
    const double v = options_.fresh_variance(sigma_t, sigma_s);
    const double kept = std::sqrt(std::max(0.0, sigma_s * sigma_s - v)) / sigma_t;
    const auto mean = [&](const torch::Tensor& D) { return D + kept * (x_t - D); };
    const auto aim = twist.guided;
    if (sigma_s == 0) {
      // The last step has no noise, hence no guidance: w = p(y | x_0) / p~(y | x_t)
      log_w += likelihood.log_likelihood(twist.x0_hat) - twist.likelihood;
      return {twist.x0_hat, aim, 0};
    }
    const auto x_s = mean(twist.guided) + std::sqrt(v) * randn_like(rng, x_t);
    // w = p(x_s | x_t) / p~(x_s | x_t, y) * p~(y | x_s) / p~(y | x_t)
    log_w += log_ratio(x_s, mean(twist.x0_hat), mean(twist.guided), v) - twist.likelihood;
    twist = likelihood.twist(x_s, sigma_s);
    log_w += twist.likelihood;
    return {x_s, aim, options_.particles};
  };
  auto [x_0, summary] = descend("tds", item, sigmas, x_T, observer, step);
  summary.denoiser_calls += options_.particles;  // of the first twist
  cloud.log_evidence += log_mean_exp(log_w);
  cloud.smallest_ess =
      std::min(cloud.smallest_ess, effective_sample_size(log_w) / static_cast<double>(n));
  cloud.x = x_0;
  cloud.log_weights = log_w;
  cloud.summary = summary;
  return cloud;
}

}  // namespace restore
