// Any bytes as somebody's weights: read, matched with the architectures and run on a small picture
// where one fits, or refused with an Error.
#include "priors/neural/checkpoint/checkpoint_prior.h"
#include "priors/neural/checkpoint/torch_file.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return restore::fuzz::read_or_refuse(data, size, [](const restore::FileBytes& file) {
    restore::Checkpoint checkpoint;
    checkpoint.where = file.where;
    if (restore::is_safetensors(file)) {
      auto parsed = restore::parse_safetensors(file);
      checkpoint.tensors = std::move(parsed.tensors);
      checkpoint.metadata = std::move(parsed.metadata);
    } else {
      checkpoint.tensors = restore::read_torch_file(file);
    }
    // Every value is looked at: a view may not reach out of the file.
    for (const auto& [name, tensor] : checkpoint.tensors) tensor.to(torch::kFloat64).sum();
    const restore::CheckpointDenoiser denoiser(restore::interpret_checkpoint(checkpoint), "fuzz");
    denoiser.denoise(torch::full({1, 1, 8, 8}, 0.5), 0.1);
  });
}
