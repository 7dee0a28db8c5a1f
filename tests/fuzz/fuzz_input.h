// What the fuzz targets share.
#pragma once

#include <cstdint>
#include <vector>

#include "librestore/core/error.h"
#include "priors/tensor_file/mapped_file.h"

namespace restore::fuzz {

// An Error is a good end; anything else that is thrown, and any signal, is a finding.
template <typename Read>
int read_or_refuse(const std::uint8_t* data, std::size_t size, const Read& read) {
  // On the heap and of this size: a sanitizer sees a read past the end.
  const auto bytes = std::make_shared<std::vector<unsigned char>>(data, data + size);
  try {
    read(FileBytes{bytes, *bytes, "input"});
  } catch (const Error&) {
  }
  return 0;
}

}  // namespace restore::fuzz
