#include "priors/neural/checkpoint/discrete_diffusion.h"

#include "librestore/core/error.h"
#include "priors/diffusion/conversions.h"
#include "priors/diffusion/schedule.h"

namespace restore {
namespace {

constexpr int kMostSteps = 100'000;

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

std::vector<double> make_betas(const Json& config, const std::string& where) {
  if (config.contains("trained_betas") && !config.at("trained_betas").is_null())
    return config.at("trained_betas").get<std::vector<double>>();
  const int steps = config.value("num_train_timesteps", 1000);
  const double first = config.value("beta_start", 1e-4), last = config.value("beta_end", 0.02);
  const auto kind = config.value("beta_schedule", "linear");
  if (steps < 2 || steps > kMostSteps)
    throw item_error("{}: a schedule of {} time steps", where, steps);
  if (kind == "linear") return linear_betas(steps, first, last);
  if (kind == "squaredcos_cap_v2") return cosine_betas(steps);
  std::vector<double> betas;
  if (kind == "scaled_linear") {
    betas = linear_betas(steps, std::sqrt(first), std::sqrt(last));
    for (double& beta : betas) beta *= beta;
  } else if (kind == "sigmoid") {
    // beta = first + sigmoid(u) (last - first), u from -6 to 6
    betas = linear_betas(steps, -6, 6);
    for (double& beta : betas) beta = first + sigmoid(beta) * (last - first);
  } else {
    throw item_error("{}: beta_schedule '{}' is not known", where, kind);
  }
  return betas;
}

// alpha_t for each time step.
std::vector<double> alphas(const Json& config, const std::string& where) {
  std::vector<double> alphas;
  double squared = 1;
  for (const double beta : make_betas(config, where)) {
    if (!(beta > 0 && beta < 1)) throw item_error("{}: a beta of {} in the schedule", where, beta);
    alphas.push_back(std::sqrt(squared *= 1 - beta));
  }
  if (alphas.size() < 2) throw item_error("{}: a schedule of {} steps", where, alphas.size());
  if (config.value("rescale_betas_zero_snr", false)) {
    // Lin, Liu, Li, Yang 2024, https://arxiv.org/abs/2305.08891, algorithm 1: alpha_T becomes 0.
    const double first = alphas.front(), last = alphas.back();
    for (double& alpha : alphas) alpha = (alpha - last) * first / (first - last);
  }
  return alphas;
}

}  // namespace

DiscreteDiffusion::DiscreteDiffusion(const Json& config, const std::string& where) {
  const auto prediction = config.value("prediction_type", "epsilon");
  if (prediction == "epsilon")
    prediction_ = Prediction::epsilon;
  else if (prediction == "v_prediction")
    prediction_ = Prediction::v;
  else if (prediction == "sample")
    prediction_ = Prediction::sample;
  else
    throw item_error("{}: prediction_type '{}' is not known", where, prediction);
  for (const double alpha : alphas(config, where)) {
    const double log_s = std::log(std::sqrt(1 - alpha * alpha) / alpha);
    if (!std::isfinite(log_s)) break;  // a last step without any signal
    if (!log_s_.empty() && log_s <= log_s_.back()) break;
    log_s_.push_back(log_s);
  }
  if (log_s_.size() < 2) throw item_error("{}: the schedule's noise does not rise", where);
  config_ = {{"kind", "discrete"},
             {"range", {-1, 1}},
             {"prediction_type", prediction},
             {"num_train_timesteps", log_s_.size()},
             {"beta_schedule", "linear"},
             {"beta_start", 1e-4},
             {"beta_end", 0.02}};
  for (const char* key : {"num_train_timesteps", "beta_start", "beta_end", "beta_schedule",
                          "trained_betas", "rescale_betas_zero_snr"})
    if (config.contains(key) && !config.at(key).is_null()) config_[key] = config.at(key);
}

double DiscreteDiffusion::time_step(double s) const {
  const double wanted = std::log(s);
  const auto above = std::lower_bound(log_s_.begin(), log_s_.end(), wanted);
  if (above == log_s_.begin()) return 0;
  if (above == log_s_.end()) return static_cast<double>(log_s_.size() - 1);
  const double low = *(above - 1), high = *above;
  return static_cast<double>(above - log_s_.begin()) - (high - wanted) / (high - low);
}

SigmaRange DiscreteDiffusion::sigma_range() const {
  return {std::exp(log_s_.front()) / 2, std::exp(log_s_.back()) / 2};
}

torch::Tensor DiscreteDiffusion::denoise(const NetworkFunction& F, const torch::Tensor& x,
                                         double sigma) const {
  const double s = 2 * sigma;  // the range [-1,1] is twice as wide
  const double alpha = 1 / std::sqrt(1 + s * s);
  const NoiseLevel t{alpha, s * alpha};
  const auto x_t = vp_from_ve(2 * x - 1, t);
  const auto f = F(x_t, time_step(s)).narrow(1, 0, x.size(1));
  const auto x0 = prediction_ == Prediction::epsilon ? x0_from_eps(x_t, f, t)
                  : prediction_ == Prediction::v     ? x0_from_v(x_t, f, t)
                                                     : f;
  return (x0 + 1) / 2;
}

}  // namespace restore
