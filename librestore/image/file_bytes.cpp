#include "librestore/image/file_bytes.h"

#include <algorithm>
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

constexpr std::size_t kBlock = 1 << 20;

}  // namespace

std::vector<std::uint8_t> read_file(const std::filesystem::path& path) {
  const File file(std::fopen(path.c_str(), "rb"));
  if (!file) throw file_error(path.string(), "cannot read", errno);
  std::vector<std::uint8_t> bytes(std::filesystem::file_size(path));
  if (std::fread(bytes.data(), 1, bytes.size(), file.get()) != bytes.size()) {
    if (std::ferror(file.get())) throw file_error(path.string(), "cannot read", errno);
    throw item_error("{}: became shorter while it was read", path.string());
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

void replace_head(const std::filesystem::path& path, std::size_t old_size,
                  std::span<const std::uint8_t> head, const std::filesystem::path& shown) {
  const File file(std::fopen(path.c_str(), "rb+"));
  const auto check = [&](bool done) {
    if (!done) throw file_error(shown.string(), "cannot write", errno);
  };
  check(file != nullptr);
  std::setbuf(file.get(), nullptr);
  const auto go_to = [&](std::size_t at) {
    check(fseeko(file.get(), static_cast<off_t>(at), SEEK_SET) == 0);
  };
  const auto write = [&](std::size_t at, std::span<const std::uint8_t> bytes) {
    if (bytes.empty()) return;  // without an address
    go_to(at);
    check(std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size());
  };
  const std::size_t rest = std::filesystem::file_size(path) - old_size;
  const std::size_t blocks = (rest + kBlock - 1) / kBlock;
  std::vector<std::uint8_t> buffer(std::min(rest, kBlock));
  for (std::size_t i = 0; i < blocks; ++i) {
    // No block may land on one that is yet to be moved.
    const std::size_t begin = (head.size() > old_size ? blocks - 1 - i : i) * kBlock;
    const std::span block(buffer.data(), std::min(rest - begin, kBlock));
    go_to(old_size + begin);
    check(std::fread(block.data(), 1, block.size(), file.get()) == block.size());
    write(head.size() + begin, block);
  }
  write(0, head);
  if (head.size() < old_size) std::filesystem::resize_file(path, head.size() + rest);
}

}  // namespace restore
