// A patch mixture on disk: safetensors with a card (JSON, metadata key "restore.prior").
//
// Tensors: `weights` (K), `covariances` (K x 64 x 64), float32. The card says kind, number of
// components, side of the patches, SHA-256 of the tensors, and what the mixture was fitted to.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "librestore/core/json.h"
#include "priors/patch/mixture/epll.h"

namespace restore {

struct MixtureFile {
  PatchMixture mixture;
  Json about = Json::object();  // photographs, patches, licences, figures. Free keys
};

// Whether it is a file whose card is one of a patch mixture.
bool is_mixture(const std::filesystem::path& path);

// Item error when the file is no patch mixture, is damaged, or holds numbers that are none.
MixtureFile read_mixture(const std::filesystem::path& path);
// Atomically.
void write_mixture(const MixtureFile& file, const std::filesystem::path& path);

// The card as stored: the facts of the mixture, then `about`.
Json mixture_card(const MixtureFile& file);

}  // namespace restore
