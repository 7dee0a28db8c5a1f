// A trained prior on disk: safetensors with a card (JSON, metadata key "restore.prior") that says what
// the network is, what it was trained on and how good it is.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "librestore/core/json.h"
#include "librestore/model/denoiser.h"
#include "priors/neural/network.h"

namespace restore {

// Of the metadata of safetensors: holds the card.
constexpr const char* kPriorCardKey = "restore.prior";

struct PriorFile {
  NetworkConfig network;
  SigmaRange sigma;      // trained noise levels, [0,1] units
  NamedTensors weights;  // as stored
  // What a reader may want to know: training data and licences, hours, commit, figures. Free keys.
  Json about = Json::object();
};

// Throws an item error when the file is no prior, its tensors do not fit its architecture, hold NaN or
// infinity, or do not have the SHA-256 that the card states.
PriorFile read_prior(const std::filesystem::path& path);
// Stores the weights as `type` (float32, float16 or bfloat16), atomically.
void write_prior(const PriorFile& prior, const std::filesystem::path& path, torch::ScalarType type);

// The card as stored: architecture, parameters, sigma range, receptive field, SHA-256, then `about`.
Json prior_card(const PriorFile& prior);

// Whether an entry of a card is a fact of the file: of this kind of prior, of a patch mixture
// (mixture_file.h) or of somebody else's network (checkpoint_prior.h). Readers tell the kinds by them.
bool is_card_fact(std::string_view key);
// The facts, then the entries of `about` that are none.
Json card_with(Json facts, const Json& about);

// Hexadecimal SHA-256 over every tensor in the order of the names: name, type, shape and bytes.
std::string tensors_sha256(const NamedTensors& tensors);

}  // namespace restore
