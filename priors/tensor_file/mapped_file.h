// The bytes of a file that someone else wrote.
#pragma once

#include <cstring>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "librestore/core/error.h"

namespace restore {

// Bytes that stay where they are as long as somebody holds `owner`.
struct FileBytes {
  std::shared_ptr<const void> owner;
  std::span<unsigned char> bytes;
  std::string where;  // the file's name, for messages
};

// Maps the file: nothing is read before it is used. Writing to the bytes does not change the file.
// Another process that cuts the file short while it is in use ends this one (SIGBUS).
FileBytes map_file(const std::filesystem::path& path);

// The bytes [offset, offset + size); item error when they do not lie inside the file.
std::span<unsigned char> slice(const FileBytes& file, std::uint64_t offset, std::uint64_t size);

// The little-endian number at `offset`.
template <typename T>
T read_number(const FileBytes& file, std::uint64_t offset) {
  T value;
  std::memcpy(&value, slice(file, offset, sizeof(T)).data(), sizeof(T));
  return value;
}

}  // namespace restore
