#include "priors/neural/checkpoint/load_prior.h"

#include <array>

#include "librestore/tile/windowed_denoiser.h"
#include "priors/neural/checkpoint/checkpoint_prior.h"
#include "priors/neural/checkpoint/script_denoiser.h"
#include "priors/neural/checkpoint/torch_file.h"
#include "priors/neural/denoiser.h"

namespace restore {

namespace fs = std::filesystem;

bool is_prior_path(const std::string& name) {
  constexpr std::array kExtensions{".safetensors", ".pth", ".pt", ".bin", ".ckpt", ".th"};
  const auto extension = fs::path(name).extension();
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end() ||
         name.ends_with(".index.json") ||
         (fs::is_directory(name) &&
          (name.find('/') != std::string::npos || fs::exists(fs::path(name) / "config.json") ||
           fs::exists(fs::path(name) / "unet" / "config.json")));
}

bool is_own_prior(const fs::path& path) {
  if (!fs::is_regular_file(path)) return false;
  const auto file = map_file(path);
  if (!is_safetensors(file)) return false;
  const auto metadata = parse_safetensors(file).metadata;
  const auto text = metadata.find(kPriorCardKey);
  if (text == metadata.end()) return false;
  const Json card = Json::parse(text->second, nullptr, /*allow_exceptions=*/false);
  // A card that cannot be read is ours too: read_prior() says what is wrong with it.
  return !card.is_object() || !card.contains("architecture") || !card.contains("parametrization");
}

bool is_script(const fs::path& path) {
  return fs::is_regular_file(path) && is_torch_script(map_file(path));
}

std::shared_ptr<const MmseDenoiser> load_prior(const fs::path& path, const std::string& name) {
  if (is_own_prior(path)) return load_network_prior(path, name);
  if (is_script(path)) return load_script_denoiser(path, name);
  auto prior = interpret_checkpoint(read_checkpoint(path));
  const auto size = prior.architecture->picture_size();
  auto denoiser = std::make_shared<CheckpointDenoiser>(std::move(prior), name);
  if (!size) return denoiser;
  return std::make_shared<WindowedDenoiser>(std::move(denoiser), *size);
}

}  // namespace restore
