// The prior in a file or folder of weights, ours or another's.
#pragma once

#include <memory>

#include "librestore/core/json.h"
#include "librestore/model/denoiser.h"

namespace restore {

// Whether a name is meant as a path to one: an extension of weights, or a folder that is there and
// has a slash in its name or a config.json in it.
bool is_prior_path(const std::string& name);

// A file of restore-train, any that read_checkpoint() reads and interpret_checkpoint() knows, or a
// TorchScript program. Where the network knows one size of pictures, larger ones go through windows
// of it (windowed_denoiser.h). `name`: what name() returns. Item error when it cannot be read.
std::shared_ptr<const MmseDenoiser> load_prior(const std::filesystem::path& path,
                                               const std::string& name);

// Whether the file has the card of restore-train, or is one of somebody else's.
bool is_own_prior(const std::filesystem::path& path);
bool is_script(const std::filesystem::path& path);

}  // namespace restore
