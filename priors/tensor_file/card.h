// The card of a prior's file: JSON in the metadata of its safetensors that says what it is, what it
// was made from and how good it is.
#pragma once

#include <string>
#include <string_view>

#include "librestore/core/json.h"
#include "priors/tensor_file/safetensors.h"

namespace restore {

// Of the metadata of safetensors: holds the card.
constexpr const char* kPriorCardKey = "restore.prior";

// Whether an entry of a card is a fact of the file: of our own networks (prior_file.h), of a patch
// mixture (mixture_file.h) or of somebody else's network (checkpoint_prior.h). Readers tell the
// kinds by them.
bool is_card_fact(std::string_view key);
// The facts, then the entries of `about` that are none.
Json card_with(Json facts, const Json& about);

// Hexadecimal SHA-256 over every tensor in the order of the names: name, type, shape and bytes.
std::string tensors_sha256(const NamedTensors& tensors);

}  // namespace restore
