// Zip files in memory, as torch.save writes them, and what else a test wants to feed a reader.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "priors/tensor_file/mapped_file.h"

namespace restore::testing {

using Bytes = std::vector<unsigned char>;

struct ZipEntry {
  std::string name, payload;
};

namespace detail {

inline void put(std::string& out, std::uint64_t value, int bytes) {
  for (; bytes > 0; --bytes, value >>= 8) out.push_back(static_cast<char>(value));
}

// Version, flags (a data descriptor follows), method, time and date.
inline void put_common(std::string& out) {
  for (const int value : {45, 0x0808, 0, 0, 0}) put(out, value, 2);
}

}  // namespace detail

// Stored entries whose local headers leave the sizes to a data descriptor; `zip64`: sizes, offsets
// and the end of the directory in their wide forms.
inline Bytes zip_bytes(const std::vector<ZipEntry>& entries, bool zip64 = false) {
  using detail::put;
  std::string out, directory;
  for (const auto& [name, payload] : entries) {
    const auto header = out.size();
    out += "PK\3\4";
    detail::put_common(out);
    put(out, 0, 12);
    put(out, name.size(), 2);
    put(out, 0, 2);
    out += name + payload + "PK\7\10";
    put(out, 0, 4);
    put(out, payload.size(), zip64 ? 8 : 4);
    put(out, payload.size(), zip64 ? 8 : 4);

    directory += "PK\1\2";
    put(directory, 45, 2);
    detail::put_common(directory);
    put(directory, 0, 4);
    put(directory, zip64 ? 0xffffffff : payload.size(), 4);
    put(directory, zip64 ? 0xffffffff : payload.size(), 4);
    put(directory, name.size(), 2);
    put(directory, zip64 ? 28 : 0, 2);
    put(directory, 0, 10);
    put(directory, zip64 ? 0xffffffff : header, 4);
    directory += name;
    if (zip64) {
      put(directory, 1, 2);
      put(directory, 24, 2);
      put(directory, payload.size(), 8);
      put(directory, payload.size(), 8);
      put(directory, header, 8);
    }
  }
  const auto start = out.size();
  out += directory;
  if (zip64) {
    const auto end64 = out.size();
    out += "PK\6\6";
    put(out, 44, 8);
    put(out, 0x2d002d, 4);
    put(out, 0, 8);
    put(out, entries.size(), 8);
    put(out, entries.size(), 8);
    put(out, directory.size(), 8);
    put(out, start, 8);
    out += "PK\6\7";
    put(out, 0, 4);
    put(out, end64, 8);
    put(out, 1, 4);
  }
  out += "PK\5\6";
  put(out, 0, 4);
  put(out, zip64 ? 0xffff : entries.size(), 2);
  put(out, zip64 ? 0xffff : entries.size(), 2);
  put(out, zip64 ? 0xffffffff : directory.size(), 4);
  put(out, zip64 ? 0xffffffff : start, 4);
  put(out, 0, 2);
  return {out.begin(), out.end()};
}

inline FileBytes in_memory(const Bytes& bytes) {
  const auto copy = std::make_shared<Bytes>(bytes);
  return {copy, *copy, "test"};
}

}  // namespace restore::testing
