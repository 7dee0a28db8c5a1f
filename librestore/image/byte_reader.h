// A file read a few bytes at a time; reading past its end is the truncation that is looked for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "librestore/core/error.h"

namespace restore {

class ByteReader {
 public:
  // `kind` is what messages call the file: "PNG", "JPEG".
  ByteReader(const std::filesystem::path& path, std::string_view kind);

  // The next 1 to 4 bytes as a big-endian number, as PNG and JPEG write them.
  std::uint32_t number(int bytes);
  std::vector<std::uint8_t> bytes(std::int64_t count);
  std::int64_t position() { return stream_.tellg(); }
  // The byte at `position` is the next one; the file must reach up to there.
  void go_to(std::int64_t position);

  Error truncated() const;
  Error damaged(std::string_view what) const;

 private:
  std::string path_;
  std::string kind_;
  std::ifstream stream_;
  std::int64_t size_ = 0;
};

}  // namespace restore
