// A trained prior on disk: safetensors with a card (JSON, metadata key "restore.prior") that says
// what the network is, what it was trained on and how good it is.
#pragma once

#include <filesystem>
#include <string>

#include "librestore/core/json.h"
#include "librestore/model/denoiser.h"
#include "priors/neural/network.h"
#include "priors/tensor_file/card.h"

namespace restore {

struct PriorFile {
  NetworkConfig network;
  SigmaRange sigma;      // trained noise levels, [0,1] units
  NamedTensors weights;  // as stored
  // What a reader may want to know: training data and licences, hours, commit, figures. Free keys.
  Json about = Json::object();
};

// Throws an item error when the file is no prior, its tensors do not fit its architecture, hold NaN
// or infinity, or do not have the SHA-256 that the card states.
PriorFile read_prior(const std::filesystem::path& path);
// Item error where a weight is NaN or infinite, as one may become in float16.
void check_finite(const NamedTensors& weights, const std::string& where);
// Stores the weights as `type` (float32, float16 or bfloat16), atomically.
void write_prior(const PriorFile& prior, const std::filesystem::path& path, torch::ScalarType type);

// The card as stored: architecture, parameters, sigma range, receptive field, SHA-256, then
// `about`.
Json prior_card(const PriorFile& prior);

}  // namespace restore
