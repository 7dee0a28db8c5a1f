// The safetensors container: an 8-byte little-endian header length, a JSON header, raw tensors.
//
// Format: https://github.com/huggingface/safetensors (README, "Format"). The reader is strict: a
// file that breaks any rule is refused with one line and nothing is allocated beyond the file's own
// size.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>

#include <torch/types.h>

namespace restore {

// Sorted by name, so that every walk over weights has one order.
using NamedTensors = std::map<std::string, torch::Tensor>;

struct TensorFile {
  NamedTensors tensors;                         // float32, float16 or bfloat16, as stored
  std::map<std::string, std::string> metadata;  // "__metadata__"
};

// Throws an item error when the file is missing or breaks the format: header length out of bounds,
// JSON that is no object of the right keys, unknown dtype, size that is not shape x dtype,
// overlaps, gaps or trailing bytes.
TensorFile read_safetensors(const std::filesystem::path& path);
// The same from memory; `where` names the source in messages.
TensorFile parse_safetensors(std::span<const unsigned char> bytes, const std::string& where);

// Writes atomically. Tensors of float32, float16 or bfloat16; others are a bug of the caller.
void write_safetensors(const TensorFile& file, const std::filesystem::path& path);

}  // namespace restore
