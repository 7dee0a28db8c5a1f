#include "librestore/image/file_bytes.h"

#include <cerrno>
#include <cstdio>
#include <memory>

#include "librestore/core/error.h"

namespace restore {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

}  // namespace

std::vector<std::uint8_t> read_file(const std::filesystem::path& path) {
  const File file(std::fopen(path.c_str(), "rb"));
  if (!file) throw file_error(path.string(), "cannot read", errno);
  std::vector<std::uint8_t> bytes(std::filesystem::file_size(path));
  if (std::fread(bytes.data(), 1, bytes.size(), file.get()) != bytes.size()) {
    throw file_error(path.string(), "cannot read", errno);
  }
  return bytes;
}

void write_file(const std::filesystem::path& path, std::span<const std::uint8_t> bytes,
                const std::filesystem::path& shown) {
  File file(std::fopen(path.c_str(), "wb"));
  if (!file) throw file_error(shown.string(), "cannot write", errno);
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size();
  // A full disk may show only when the buffer is emptied, which is why fclose is asked.
  if (!written || std::fclose(file.release()) != 0) {
    throw file_error(shown.string(), "cannot write", errno);
  }
}

}  // namespace restore
