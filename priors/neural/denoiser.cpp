#include "priors/neural/denoiser.h"

#include <ATen/ATen.h>

#include "priors/neural/preconditioning.h"
#include "priors/neural/processor.h"

namespace restore {

NetworkDenoiser::NetworkDenoiser(PriorFile prior, std::string name, Precision precision)
    : LearnedDenoiser(std::move(name), prior.about),
      prior_(std::move(prior)),
      weights_(cast_weights(prior_.network, prior_.weights, torch::kFloat32,
                            precision == Precision::bfloat16 && has_fast_bfloat16()
                                ? torch::kBFloat16
                                : torch::kFloat32)),
      blocks_(band_blocks(prior_.network, weights_)) {}

std::optional<int> NetworkDenoiser::receptive_field() const {
  return restore::receptive_field(prior_.network);
}

int NetworkDenoiser::alignment() const { return restore::alignment(prior_.network); }

double NetworkDenoiser::bytes_per_pixel() const {
  // At half resolution the input of a block, what the depthwise convolutions of two blocks see, and
  // the encoder's skip or what comes from below: measured with width 64, 390 bytes a pixel.
  constexpr double kPlanesOfWidth = 6.25;
  return kPlanesOfWidth * bytes_of_plane();
}

double NetworkDenoiser::pullback_bytes_per_pixel() const {
  // Whole layers, 7.5 planes of them. Statistics, skips and what the library does not give back at
  // once: measured 1.05 in bfloat16, 1.1 in float32.
  constexpr double kPlanesOfWidth = 7.5, kRest = 1.1;
  const auto type = weights_.at("down.0.weight").scalar_type();
  return kPlanesOfWidth * bytes_of_plane() + kRest * kept_bytes_per_pixel(prior_.network, type);
}

// The channels of half the resolution in float32, a pixel of the picture.
double NetworkDenoiser::bytes_of_plane() const {
  return static_cast<double>(prior_.network.width) * sizeof(float) / 4;
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
  const auto level = [&](double s) { return torch::full({x.size(0)}, s, x.options()); };
  const Preconditioning c(level(sigma).view({-1, 1, 1, 1}));
  const auto& range = prior_.sigma;
  const auto c_noise =
      Preconditioning(level(std::clamp(sigma, range.minimum, range.maximum))).noise;
  // D = 1/2 + c_skip (x - 1/2) + c_out F(c_in (x - 1/2), c_noise)
  const auto centred = x.expand({-1, kImageChannels, -1, -1}) - 0.5;
  const auto f = network_forward(prior_.network, weights_for(x.scalar_type()), c.in * centred,
                                 c_noise, &blocks_);
  const auto estimate = 0.5 + c.skip * centred + c.out * f;
  return x.size(1) == 1 ? estimate.mean(1, /*keepdim=*/true) : estimate;
}

std::shared_ptr<const NetworkDenoiser> load_network_prior(const std::filesystem::path& path,
                                                          std::string name, Precision precision) {
  if (name.empty()) name = path.string();
  return std::make_shared<NetworkDenoiser>(read_prior(path), std::move(name), precision);
}

}  // namespace restore
