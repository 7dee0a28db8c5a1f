#include "priors/neural/training_state.h"

#include "librestore/core/error.h"

namespace restore {
namespace {

constexpr const char* kMetadataKey = "restore.training";

struct Group {
  const char* prefix;
  NamedTensors TrainingState::*member;
};
constexpr Group kGroups[] = {{"weights/", &TrainingState::weights},
                             {"average/", &TrainingState::average},
                             {"mean/", &TrainingState::mean},
                             {"square/", &TrainingState::square}};

NamedTensors zeros_like(const NamedTensors& tensors) {
  NamedTensors zeros;
  for (const auto& [name, tensor] : tensors) zeros[name] = torch::zeros_like(tensor);
  return zeros;
}

}  // namespace

TrainingState new_training_state(const NetworkConfig& network, std::uint64_t seed) {
  TrainingState state;
  state.network = network;
  state.seed = seed;
  Rng rng(seed);
  state.weights = initial_weights(network, rng);
  for (const auto& [name, tensor] : state.weights) state.average[name] = tensor.clone();
  state.mean = zeros_like(state.weights);
  state.square = zeros_like(state.weights);
  return state;
}

void save_training_state(const TrainingState& state, const std::filesystem::path& path) {
  TensorFile file;
  for (const auto& group : kGroups)
    for (const auto& [name, tensor] : state.*group.member)
      file.tensors[group.prefix + name] = tensor;
  const Json json = {{"network", to_json(state.network)},
                     {"seed", state.seed},
                     {"step", state.step},
                     {"seconds", state.seconds}};
  file.metadata[kMetadataKey] = json.dump();
  write_safetensors(file, path);
}

TrainingState load_training_state(const std::filesystem::path& path) {
  const auto file = read_safetensors(path);
  const auto text = file.metadata.find(kMetadataKey);
  if (text == file.metadata.end())
    throw item_error("{}: this is not the state of a training run", path.string());
  TrainingState state;
  try {
    const Json json = Json::parse(text->second);
    state.network = network_config_from_json(json.at("network"), path.string());
    state.seed = json.at("seed");
    state.step = json.at("step");
    state.seconds = json.at("seconds");
  } catch (const Json::exception& error) {
    throw item_error("{}: the training state is not readable: {}", path.string(), error.what());
  }
  for (const auto& [name, tensor] : file.tensors)
    for (const auto& group : kGroups)
      if (name.starts_with(group.prefix))
        (state.*group.member)[name.substr(std::string_view(group.prefix).size())] = tensor;
  for (const auto& group : kGroups)
    check_weights(state.network, state.*group.member, path.string());
  return state;
}

}  // namespace restore
