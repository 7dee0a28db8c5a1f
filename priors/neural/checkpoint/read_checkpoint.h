// Somebody's weights, whatever they come in: tensors by name, and what is said of them besides.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "librestore/core/json.h"
#include "priors/tensor_file/safetensors.h"

namespace restore {

struct Checkpoint {
  std::string where;  // the path, for messages
  NamedTensors tensors;
  std::map<std::string, std::string> metadata;  // of safetensors
  Json config = Json::object();                 // diffusers' config.json
  Json scheduler = Json::object();              // diffusers' scheduler_config.json
};

// `path`: a safetensors file; a file of torch.save (torch_file.h); an index (NAME.index.json) of
// several of either, which lie beside it; or a folder of diffusers: config.json with
// diffusion_pytorch_model.* beside it, or in unet/, the scheduler's config in scheduler/. Item
// error for what is missing or damaged.
Checkpoint read_checkpoint(const std::filesystem::path& path);

// The files that it would read, in the order of their names; not those of an index.
std::vector<std::filesystem::path> checkpoint_files(const std::filesystem::path& path);

}  // namespace restore
