// Where trained priors live, so that `--prior natural` needs no path.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace restore {

// In this order: $RESTORE_PRIOR_PATH (folders, separated by colons), share/restore/priors beside
// the running program's bin folder, data/priors of the source tree when the program runs from its
// build tree, $XDG_DATA_HOME and $XDG_DATA_DIRS (restore/priors below each). Never the working
// directory: relative entries are left out.
std::vector<std::filesystem::path> prior_folders();

// The first in those folders that is called NAME.safetensors, NAME.pth, NAME.pt, NAME.bin or
// NAME.ckpt, or NAME and a folder of diffusers (config.json or unet/config.json in it).
std::optional<std::filesystem::path> find_shipped_prior(const std::string& name);

// All that it could find, by name; of two of one name the first.
std::map<std::string, std::filesystem::path> shipped_priors();

}  // namespace restore
