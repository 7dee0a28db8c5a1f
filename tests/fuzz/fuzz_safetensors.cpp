// Any bytes as a safetensors file: read, or refused with an Error.
#include "priors/tensor_file/safetensors.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return restore::fuzz::read_or_refuse(
      data, size, [](const restore::FileBytes& file) { restore::parse_safetensors(file); });
}
