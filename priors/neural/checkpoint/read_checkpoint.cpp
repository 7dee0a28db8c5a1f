#include "priors/neural/checkpoint/read_checkpoint.h"

#include <fstream>

#include "librestore/core/error.h"
#include "priors/neural/checkpoint/torch_file.h"

namespace restore {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kLargestJson = 64 << 20;

Json read_json(const fs::path& path) {
  std::error_code error;
  if (fs::file_size(path, error) > kLargestJson || error)
    throw item_error("{}: cannot be read, or is no JSON file", path.string());
  std::ifstream stream(path);
  Json json = Json::parse(stream, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) throw item_error("{}: not a JSON object", path.string());
  return json;
}

void read_file(const fs::path& path, Checkpoint& checkpoint) {
  const auto file = map_file(path);
  if (is_safetensors(file)) {
    auto parsed = parse_safetensors(file);
    checkpoint.tensors.merge(parsed.tensors);
    checkpoint.metadata.merge(parsed.metadata);
  } else if (is_torch_file(file)) {
    auto tensors = read_torch_file(file);
    checkpoint.tensors.merge(tensors);
  } else {
    throw item_error("{}: neither a safetensors file nor one of torch.save", path.string());
  }
}

// {"weight_map": {tensor: file name}}: every tensor from the file that the map says.
void read_index(const fs::path& path, Checkpoint& checkpoint) {
  const Json index = read_json(path);
  if (!index.contains("weight_map") || !index["weight_map"].is_object())
    throw item_error("{}: an index without a weight_map", path.string());
  std::map<std::string, std::vector<std::string>> tensors_of;
  for (const auto& [tensor, file] : index["weight_map"].items()) {
    const auto name = file.is_string() ? file.get<std::string>() : "";
    if (name.empty() || fs::path(name).filename() != name || name == "..")
      throw item_error("{}: tensor '{}' is not in a file beside the index", path.string(), tensor);
    tensors_of[name].push_back(tensor);
  }
  for (const auto& [name, tensors] : tensors_of) {
    Checkpoint shard;
    read_file(path.parent_path() / name, shard);
    for (const auto& tensor : tensors) {
      auto node = shard.tensors.extract(tensor);
      if (node.empty())
        throw item_error("{}: tensor '{}' is not in {}", path.string(), tensor, name);
      checkpoint.tensors.insert(std::move(node));
    }
    if (!shard.tensors.empty())
      throw item_error("{}: tensor '{}' of {} is not in the index", path.string(),
                       shard.tensors.begin()->first, name);
  }
}

bool is_index(const fs::path& path) { return path.string().ends_with(".index.json"); }

// The weights of a folder of diffusers.
fs::path weights_in(const fs::path& folder) {
  for (const char* suffix : {".safetensors", ".safetensors.index.json", ".fp16.safetensors", ".bin",
                             ".bin.index.json", ".fp16.bin"}) {
    auto path = folder / ("diffusion_pytorch_model" + std::string(suffix));
    if (fs::exists(path)) return path;
  }
  throw item_error("{}: no diffusion_pytorch_model.safetensors or .bin in this folder",
                   folder.string());
}

// What a path stands for: the weights, and the configs beside them where there are any.
struct Parts {
  fs::path weights, config, scheduler;
};
Parts parts_of(const fs::path& path) {
  Parts parts;
  fs::path folder;
  if (fs::is_directory(path)) {
    folder = fs::exists(path / "unet" / "config.json") ? path / "unet" : path;
    if (!fs::exists(folder / "config.json"))
      throw item_error(
          "{}: a folder without config.json or unet/config.json: no prior of diffusers",
          path.string());
    parts.weights = weights_in(folder);
  } else {
    parts.weights = path;
    if (!path.filename().string().starts_with("diffusion_pytorch_model")) return parts;
    folder = path.parent_path();
  }
  const auto first_of = [](std::initializer_list<fs::path> paths) {
    const auto* found =
        std::find_if(paths.begin(), paths.end(), [](const fs::path& p) { return fs::exists(p); });
    return found == paths.end() ? fs::path() : *found;
  };
  parts.config = first_of({folder / "config.json"});
  parts.scheduler =
      first_of({folder / "scheduler_config.json", folder / "scheduler" / "scheduler_config.json",
                folder / ".." / "scheduler" / "scheduler_config.json"});
  return parts;
}

}  // namespace

Checkpoint read_checkpoint(const fs::path& path) {
  const auto parts = parts_of(path);
  Checkpoint checkpoint;
  checkpoint.where = path.string();
  if (!parts.config.empty()) checkpoint.config = read_json(parts.config);
  if (!parts.scheduler.empty()) checkpoint.scheduler = read_json(parts.scheduler);
  if (is_index(parts.weights))
    read_index(parts.weights, checkpoint);
  else
    read_file(parts.weights, checkpoint);
  return checkpoint;
}

std::vector<fs::path> checkpoint_files(const fs::path& path) {
  const auto parts = parts_of(path);
  std::vector<fs::path> files;
  for (const auto& part : {parts.config, parts.scheduler, parts.weights})
    if (!part.empty()) files.push_back(part);
  return files;
}

}  // namespace restore
