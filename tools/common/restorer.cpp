#include "tools/common/restorer.h"

#include <algorithm>
#include <utility>

#include "librestore/core/error.h"
#include "librestore/model/threads.h"
#include "librestore/run/file_hash.h"
#include "operators/noise/gaussian_noise.h"
#include "operators/noise/noise_estimate.h"
#include "priors/factory.h"
#include "priors/neural/shipped.h"
#include "priors/patch/self.h"
#include "tools/common/methods.h"

namespace restore {
namespace {

// Needs no more than a linear operator, and samples that come near the posterior's (docs/posterior.md).
constexpr const char* kDefaultSampler = "pigdm";

// Where the values end: 1, or more in float files.
double range_of(const torch::Tensor& y) { return std::max(1.0, y.max().item<double>()); }

// Priors are made for [0,1]; for a linear A dividing x, y and sigma alike changes nothing else.
double scale_of(const torch::Tensor& y, const Operator& A) {
  return dynamic_cast<const LinearOperator*>(&A) ? range_of(y) : 1.0;
}

// The contents of a prior's file decide the result as its name does.
std::string hash_of_prior(const std::string& prior) {
  if (std::filesystem::is_regular_file(prior)) return hash_files({prior});
  const auto shipped = find_shipped_prior(prior.substr(0, prior.find(':')));
  return shipped ? hash_files({*shipped}) : "";
}

void check_estimate(const Result& result, const torch::Tensor& y) {
  const auto& [estimate, samples, summary] = result;
  if (!summary.usable())
    throw item_error(
        "the method did not work out: {}; other --param values or another --method may",
        summary.message);
  const double smallest = estimate.min().item<double>(), largest = estimate.max().item<double>();
  if (!std::isfinite(smallest) || !std::isfinite(largest))
    throw item_error("the result is not a picture (NaN or infinite); another --method may work");
  if (largest <= 0 && y.max().item<double>() > 0)
    throw item_error("the result is black; another --method or lower --noise may work");
}

}  // namespace

Restorer::Restorer(Task task, const MethodOptions& options)
    : sigma_(parse_noise(options.noise)), seed_(options.seed) {
  const auto prior = options.prior.empty() ? default_prior_name() : options.prior;
  const bool any = options.method.empty() && options.wants_samples();
  auto [method, parameters] = find_preset(task, prior, any ? kDefaultSampler : options.method);
  draws_ = sampler_kind(method).has_value();
  if (options.wants_samples() && !draws_)
    throw usage_error(
        "--samples, --estimate, --uncertainty: {} draws no samples; see --list-methods", method);
  if (!options.uncertainty.empty() && options.samples == 1)
    throw usage_error("--uncertainty: one sample has no spread; --samples takes 2 or more");
  one_sample_ = options.estimate == "sample";
  wants_deviation_ = !options.uncertainty.empty();
  for (const auto& [name, value] : parameter_values(options, draws_)) parameters[name] = value;
  method_ = find_method(method).make(parameters);
  prior_ = make_prior(prior);
  parameters_ = {{"method", method},
                 {"parameters", parameters},
                 {"prior", prior},
                 {"noise", options.noise},
                 {"seed", options.seed},
                 {"prior_hash", hash_of_prior(prior)},
                 {"estimate", options.estimate},
                 {"uncertainty", wants_deviation_},
                 {"version", RESTORE_VERSION}};
}

double Restorer::sigma_of(const torch::Tensor& y, double floor) const {
  if (sigma_) return *sigma_;
  if (std::min(y.size(2), y.size(3)) < kSmallestForNoise) return floor;
  const double scale = range_of(y);
  return std::max(floor, scale * estimate_sigma(y / scale));
}

Restored Restorer::restore(const torch::Tensor& y, const std::shared_ptr<const Operator>& A,
                           double sigma, std::uint64_t image, Observer& observer) const {
  const TorchThreadLimit threads(A->input_shape().pixels());
  const double scale = scale_of(y, *A);
  const Measurement measurement{y / scale, A, std::make_shared<GaussianNoise>(sigma / scale)};
  Rng rng(seed_, image);
  const auto prior =
      dynamic_cast<const SelfPrior*>(prior_.get()) ? SelfPrior::of(measurement) : prior_;
  auto result = method_->run(measurement, *prior, rng, &observer);
  if (one_sample_) {
    result.estimate = result.samples.front();
    result.summary.data_residual = residual_in_sigmas(measurement, result.estimate);
  }
  check_estimate(result, y);
  torch::Tensor deviation;
  if (wants_deviation_) deviation = torch::stack(result.samples).std(0) * scale;
  return {result.estimate * scale, deviation, std::move(result.summary)};
}

}  // namespace restore
