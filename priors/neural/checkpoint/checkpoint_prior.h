// Somebody's trained network as a prior: architecture, weights and what its output means.
#pragma once

#include <mutex>

#include "priors/neural/architectures/architecture.h"
#include "priors/neural/checkpoint/parametrization.h"
#include "priors/neural/checkpoint/read_checkpoint.h"
#include "priors/neural/learned_denoiser.h"

namespace restore {

struct CheckpointPrior {
  std::shared_ptr<const Architecture> architecture;
  std::shared_ptr<const Parametrization> parametrization;
  NamedTensors weights;         // as stored, under the architecture's names
  Json about = Json::object();  // what else the card says, its SHA-256 and the licence where stated
};

// Which architecture it is, its shapes and, where `set` or the file's own card or configs do not
// say, the parametrization that networks of the architecture are published with. `set` overrides
// single entries of either ("class", "heads", "beta_schedule", "prediction_type",
// "preconditioning", "sigma_range" ...). Item error that names the first tensor that differs, or
// says that no architecture has such names.
CheckpointPrior interpret_checkpoint(Checkpoint checkpoint, const Json& set = Json::object());

// The card that a converted prior carries: architecture, parametrization, parameters, receptive
// field, sigma range, SHA-256 of the tensors, then `about`. Without `hash` the SHA-256, which takes
// time for large networks, is left out.
Json card_of(const CheckpointPrior& prior, bool hash);
// As safetensors with this card; the weights as `type`. Atomically.
void write_checkpoint_prior(const CheckpointPrior& prior, const std::filesystem::path& path,
                            torch::ScalarType type);

// D(x, sigma). Stored float16 and bfloat16 compute in float32; float64 pictures in float64.
//
// A grey picture on a network for colours: three equal channels, each with noise of deviation
// sqrt(3) sigma, have the picture and its noise as their mean, so D(x, sigma) is the mean of the
// network's three estimates at sqrt(3) sigma. A colour picture on a network for grey ones: channel
// by channel.
class CheckpointDenoiser : public LearnedDenoiser {
 public:
  CheckpointDenoiser(CheckpointPrior prior, std::string name);

  std::optional<int> receptive_field() const override {
    return prior_.architecture->receptive_field();
  }
  int alignment() const override { return prior_.architecture->alignment(); }
  double bytes_per_pixel() const override;
  SigmaRange sigma_range() const override { return prior_.parametrization->sigma_range(); }

 private:
  torch::Tensor evaluate(const torch::Tensor& x, double sigma) const override;
  const NamedTensors& weights_for(torch::ScalarType type) const;

  CheckpointPrior prior_;
  NamedTensors weights_;  // float32
  mutable std::once_flag float64_once_;
  mutable NamedTensors float64_weights_;  // made when a float64 picture comes
};

}  // namespace restore
