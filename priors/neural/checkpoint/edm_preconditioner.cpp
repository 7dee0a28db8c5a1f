#include "priors/neural/checkpoint/edm_preconditioner.h"

#include "librestore/core/error.h"

namespace restore {
namespace {

// VP: sigma(t)^2 = exp(beta_d t^2 / 2 + beta_min t) - 1; the network knows M steps.
constexpr double kBetaD = 19.9, kBetaMin = 0.1, kSteps = 1000, kFirstTime = 1e-3;

double vp_sigma(double t) { return std::sqrt(std::expm1(kBetaD * t * t / 2 + kBetaMin * t)); }
double vp_time(double s) {
  return (std::sqrt(kBetaMin * kBetaMin + 2 * kBetaD * std::log1p(s * s)) - kBetaMin) / kBetaD;
}

}  // namespace

EdmPreconditioner::EdmPreconditioner(const Json& config, const std::string& where) {
  const auto name = config.value("preconditioning", "edm");
  // Trained levels of [-1,1], halved.
  if (name == "edm") {
    column_ = Column::edm;
    range_ = {0.001, 40};
  } else if (name == "vp") {
    column_ = Column::vp;
    range_ = {vp_sigma(kFirstTime) / 2, vp_sigma(1) / 2};
  } else if (name == "ve") {
    column_ = Column::ve;
    range_ = {0.01, 50};
  } else {
    throw item_error("{}: preconditioning '{}' is not known; edm, vp or ve", where, name);
  }
  sigma_data_ = config.value("sigma_data", sigma_data_);
  if (config.contains("sigma_range"))
    range_ = {config.at("sigma_range").at(0), config.at("sigma_range").at(1)};
  if (!(sigma_data_ > 0) || !(range_.minimum > 0 && range_.maximum >= range_.minimum))
    throw item_error("{}: sigma_data or sigma_range is not one", where);
}

Json EdmPreconditioner::config() const {
  const char* name = column_ == Column::edm ? "edm" : column_ == Column::vp ? "vp" : "ve";
  return {{"kind", "edm"},
          {"range", {-1, 1}},
          {"preconditioning", name},
          {"sigma_data", sigma_data_},
          {"sigma_range", {range_.minimum, range_.maximum}}};
}

EdmPreconditioner::Coefficients EdmPreconditioner::coefficients(double s) const {
  if (column_ == Column::ve) return {1, s, 1};
  if (column_ == Column::vp) return {1, -s, 1 / std::sqrt(s * s + 1)};
  const double d = sigma_data_, total = s * s + d * d;
  return {d * d / total, s * d / std::sqrt(total), 1 / std::sqrt(total)};
}

double EdmPreconditioner::c_noise(double s) const {
  if (column_ == Column::ve) return std::log(s / 2);
  if (column_ == Column::vp) return (kSteps - 1) * vp_time(s);
  return std::log(s) / 4;
}

torch::Tensor EdmPreconditioner::denoise(const NetworkFunction& F, const torch::Tensor& x,
                                         double sigma) const {
  const auto c = coefficients(2 * sigma);
  const double known = std::clamp(sigma, range_.minimum, range_.maximum);
  const auto y = 2 * x - 1;
  // D = c_skip y + c_out F(c_in y; c_noise)
  return (c.skip * y + c.out * F(c.in * y, c_noise(2 * known)).narrow(1, 0, x.size(1)) + 1) / 2;
}

}  // namespace restore
