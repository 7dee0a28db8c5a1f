#include "tools/restoration/noise_option.h"

#include "operators/expression/arguments.h"
#include "operators/noise/estimators.h"
#include "operators/noise/gaussian_noise.h"
#include "operators/noise_factory.h"
#include "tools/restoration/part.h"

namespace restore {
namespace {

// The estimator of auto or auto(NAME); empty where the text is something else.
std::string estimator_in(const std::string& text) {
  const ExpressionSource source(text, "--noise");
  const auto calls = parse_expression(source);
  if (calls.size() != 1 || calls.front().name != "auto") return {};
  std::vector<std::string> names;
  for (const auto& row : estimator_table()) names.push_back(row.name);
  const std::vector<ArgumentInfo> infos{
      {ArgumentInfo::Kind::choice, {"estimator", "", 0, 0, ""}, names.front(), names}};
  return BoundCall(source, calls.front(), infos, {}).choice("estimator");
}

}  // namespace

NoiseOption::NoiseOption(const std::string& text, const std::filesystem::path& base)
    : estimator_(estimator_in(text)) {
  if (estimator_.empty()) model_ = make_noise(text, base);
}

bool NoiseOption::is_white() const {
  return model_ ? model_->is_white() : find_estimator(estimator_).white;
}

std::shared_ptr<const NoiseModel> NoiseOption::of(const torch::Tensor& y, double least) const {
  if (model_) return model_;
  if (std::min(y.size(2), y.size(3)) < kSmallestForNoise)
    return std::make_shared<GaussianNoise>(least);
  return find_estimator(estimator_).estimate(y, range_of(y), least);
}

}  // namespace restore
