// Everything a training run is: saved whole, resumed exactly.
#pragma once

#include <cstdint>
#include <filesystem>

#include "priors/neural/network.h"

namespace restore {

struct TrainingState {
  NetworkConfig network;
  std::uint64_t seed = 0;
  std::int64_t step = 0;  // optimiser steps done; with `seed` the whole state of the random stream
  double seconds = 0;     // wall time spent, over all sessions
  NamedTensors weights;   // float32
  NamedTensors average;   // exponential moving average of the weights
  NamedTensors mean;      // of the gradients: Muon's momentum, Adam's first moment
  NamedTensors square;    // of their squares: Adam's second moment
};

TrainingState new_training_state(const NetworkConfig& network, std::uint64_t seed);
// One safetensors file, written atomically.
void save_training_state(const TrainingState& state, const std::filesystem::path& path);
// Item error when the file is no training state or its tensors do not fit its architecture.
TrainingState load_training_state(const std::filesystem::path& path);

}  // namespace restore
