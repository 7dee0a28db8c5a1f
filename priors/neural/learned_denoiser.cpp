#include "priors/neural/learned_denoiser.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/grad_mode.h>

#include "librestore/core/error.h"
#include "priors/neural/network.h"

namespace restore {

LearnedDenoiser::LearnedDenoiser(std::string name, const Json& card) : name_(std::move(name)) {
  if (!card.contains(kDeviationScale)) return;
  try {
    deviation_scale_ = card[kDeviationScale].get<std::map<std::string, double>>();
  } catch (const Json::exception& error) {
    throw item_error("{}: the card's {} is not readable: {}", name_, kDeviationScale, error.what());
  }
  for (const auto& [method, scale] : deviation_scale_)
    if (!(scale > 0))
      throw item_error("{}: the card's {} of {} is not above 0", name_, kDeviationScale, method);
}

double LearnedDenoiser::deviation_scale(const std::string& method) const {
  const auto found = deviation_scale_.find(method);
  return found == deviation_scale_.end() ? 1 : found->second;
}

void LearnedDenoiser::check_input(const torch::Tensor& x, double sigma) const {
  if (x.dim() != 4 || (x.size(1) != 1 && x.size(1) != kImageChannels))
    throw usage_error("prior '{}': pictures must have 1 or 3 channels", name_);
  if (!(sigma >= 0)) throw usage_error("prior '{}': sigma must not be negative", name_);
}

torch::Tensor LearnedDenoiser::evaluate_padded(const torch::Tensor& x, double sigma) const {
  const auto height = x.size(2), width = x.size(3);
  const auto padding = [this](std::int64_t size) {
    return (alignment() - size % alignment()) % alignment();
  };
  const auto padded = at::replication_pad2d(x, {0, padding(width), 0, padding(height)});
  return evaluate(padded, sigma).narrow(2, 0, height).narrow(3, 0, width).contiguous();
}

torch::Tensor LearnedDenoiser::denoise(const torch::Tensor& x, double sigma) const {
  check_input(x, sigma);
  if (sigma == 0) return x.clone();
  const torch::NoGradGuard no_grad;
  return evaluate_padded(x, sigma);
}

Linearization LearnedDenoiser::linearize(const torch::Tensor& x, double sigma) const {
  check_input(x, sigma);
  if (sigma == 0) return {x.clone(), [](const torch::Tensor& v) { return v.clone(); }};
  const torch::AutoGradMode with_grad(true);
  const auto input = x.detach().clone().set_requires_grad(true);
  const auto value = evaluate_padded(input, sigma);
  const auto pullback = [input, value](const torch::Tensor& v) {
    return torch::autograd::grad({value}, {input}, {v}, /*retain_graph=*/true)[0];
  };
  return {value.detach(), pullback};
}

}  // namespace restore
