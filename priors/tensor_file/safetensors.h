// The safetensors container: an 8-byte little-endian header length, a JSON header, raw tensors.
//
// Format: https://github.com/huggingface/safetensors (README, "Format"). The reader is strict: a
// file that breaks any rule is refused with one line. Files are mapped, tensors are views of them:
// weights come into memory when they are used, and nothing is allocated but what the header asks
// for.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include <torch/types.h>

#include "priors/tensor_file/mapped_file.h"

namespace restore {

// Sorted by name, so that every walk over weights has one order.
using NamedTensors = std::map<std::string, torch::Tensor>;

struct TensorFile {
  NamedTensors tensors;                         // as stored
  std::map<std::string, std::string> metadata;  // "__metadata__"
};

// Throws an item error when the file is missing or breaks the format: header length out of bounds,
// JSON that is no object of the right keys, unknown dtype, size that is not shape x dtype,
// overlaps, gaps or trailing bytes.
TensorFile read_safetensors(const std::filesystem::path& path);
TensorFile parse_safetensors(const FileBytes& file);
// How it begins; the rest may still be wrong.
bool is_safetensors(const FileBytes& file);

// Writes atomically. Types that the format does not have are a bug of the caller.
void write_safetensors(const TensorFile& file, const std::filesystem::path& path);

}  // namespace restore
