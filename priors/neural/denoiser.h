// A trained network as a prior: D(x, sigma) = E[x0 | x] by EDM preconditioning (preconditioning.h).
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "priors/neural/learned_denoiser.h"
#include "priors/neural/prior_file.h"

namespace restore {

// Of the convolutions inside the blocks for float32 pictures; everything else stays float32.
// bfloat16 falls back to float32 where it would be slower (processor.h).
enum class Precision { float32, bfloat16 };

// A picture of one channel is seen as three equal ones and the three estimates are averaged: the
// network is trained on such pictures, with noise that is equal in the channels too, so this is its
// MMSE estimate.
//
// Noise levels outside the trained range use the nearest trained one inside the network, but their
// own preconditioning: D tends to the identity as sigma tends to 0. float64 pictures are computed
// in float64.
class NetworkDenoiser : public LearnedDenoiser {
 public:
  NetworkDenoiser(PriorFile prior, std::string name, Precision precision = Precision::float32);

  std::optional<int> receptive_field() const override;
  int alignment() const override;
  double bytes_per_pixel() const override;
  double pullback_bytes_per_pixel() const override;
  SigmaRange sigma_range() const override { return prior_.sigma; }

 private:
  torch::Tensor evaluate(const torch::Tensor& x, double sigma) const override;
  const NamedTensors& weights_for(torch::ScalarType type) const;
  double bytes_of_plane() const;

  PriorFile prior_;
  NamedTensors weights_;  // for float32 pictures
  BandedBlocks blocks_;   // of these
  mutable std::once_flag float64_once_;
  mutable NamedTensors float64_weights_;  // made when a float64 picture comes
};

// Item error as read_prior; `name` is what name() returns (empty: the path).
std::shared_ptr<const NetworkDenoiser> load_network_prior(const std::filesystem::path& path,
                                                          std::string name = {},
                                                          Precision precision = Precision::float32);

}  // namespace restore
