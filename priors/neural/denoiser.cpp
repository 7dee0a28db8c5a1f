#include "priors/neural/denoiser.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/grad_mode.h>

#include "librestore/core/error.h"
#include "priors/neural/preconditioning.h"
#include "priors/neural/processor.h"

namespace restore {
namespace {

void check_input(const torch::Tensor& x, double sigma, const std::string& name) {
  if (x.dim() != 4 || (x.size(1) != 1 && x.size(1) != kImageChannels))
    throw usage_error("prior '{}': pictures must have 1 or 3 channels", name);
  if (!(sigma >= 0)) throw usage_error("prior '{}': sigma must not be negative", name);
}

std::int64_t padding(std::int64_t size, std::int64_t multiple) {
  return (multiple - size % multiple) % multiple;
}

}  // namespace

NetworkDenoiser::NetworkDenoiser(PriorFile prior, std::string name, Precision precision)
    : prior_(std::move(prior)),
      name_(std::move(name)),
      weights_(cast_weights(prior_.network, prior_.weights, torch::kFloat32,
                            precision == Precision::bfloat16 && has_fast_bfloat16()
                                ? torch::kBFloat16
                                : torch::kFloat32)) {}

std::optional<int> NetworkDenoiser::receptive_field() const {
  return restore::receptive_field(prior_.network);
}

int NetworkDenoiser::alignment() const { return restore::alignment(prior_.network); }

double NetworkDenoiser::bytes_per_pixel() const {
  // A block at half resolution holds its input, the wider layers inside and their results, the decoder's
  // the skip besides: measured with width 64, 470 bytes a pixel.
  constexpr double kPlanesOfWidth = 7.5;
  return kPlanesOfWidth * prior_.network.width * sizeof(float) / 4;
}

const NamedTensors& NetworkDenoiser::weights_for(torch::ScalarType type) const {
  if (type != torch::kFloat64) return weights_;
  std::call_once(float64_once_, [&] {
    float64_weights_ =
        cast_weights(prior_.network, prior_.weights, torch::kFloat64, torch::kFloat64);
  });
  return float64_weights_;
}

torch::Tensor NetworkDenoiser::evaluate(const torch::Tensor& x, double sigma) const {
  const auto height = x.size(2), width = x.size(3);
  const auto rgb = x.expand({-1, kImageChannels, -1, -1});
  const auto padded =
      at::replication_pad2d(rgb, {0, padding(width, alignment()), 0, padding(height, alignment())});

  const auto level = [&](double s) { return torch::full({x.size(0)}, s, x.options()); };
  const Preconditioning c(level(sigma).view({-1, 1, 1, 1}));
  const auto& range = prior_.sigma;
  const auto c_noise =
      Preconditioning(level(std::clamp(sigma, range.minimum, range.maximum))).noise;
  // D = 1/2 + c_skip (x - 1/2) + c_out F(c_in (x - 1/2), c_noise)
  const auto centred = padded - 0.5;
  const auto f =
      network_forward(prior_.network, weights_for(x.scalar_type()), c.in * centred, c_noise);
  const auto estimate =
      (0.5 + c.skip * centred + c.out * f).narrow(2, 0, height).narrow(3, 0, width);
  return x.size(1) == 1 ? estimate.mean(1, /*keepdim=*/true) : estimate.contiguous();
}

torch::Tensor NetworkDenoiser::denoise(const torch::Tensor& x, double sigma) const {
  check_input(x, sigma, name_);
  if (sigma == 0) return x.clone();
  const torch::NoGradGuard no_grad;
  return evaluate(x, sigma);
}

Linearization NetworkDenoiser::linearize(const torch::Tensor& x, double sigma) const {
  check_input(x, sigma, name_);
  if (sigma == 0) return {x.clone(), [](const torch::Tensor& v) { return v.clone(); }};
  const torch::AutoGradMode with_grad(true);
  const auto input = x.detach().clone().set_requires_grad(true);
  const auto value = evaluate(input, sigma);
  const auto pullback = [input, value](const torch::Tensor& v) {
    return torch::autograd::grad({value}, {input}, {v}, /*retain_graph=*/true)[0];
  };
  return {value.detach(), pullback};
}

std::shared_ptr<const NetworkDenoiser> load_network_prior(const std::filesystem::path& path,
                                                          std::string name, Precision precision) {
  if (name.empty()) name = path.string();
  return std::make_shared<NetworkDenoiser>(read_prior(path), std::move(name), precision);
}

}  // namespace restore
