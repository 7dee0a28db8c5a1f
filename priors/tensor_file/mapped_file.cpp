#include "priors/tensor_file/mapped_file.h"

#include <bit>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace restore {

static_assert(std::endian::native == std::endian::little, "checkpoints are little-endian");

FileBytes map_file(const std::filesystem::path& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw file_error(path.string(), "cannot be read", errno);
  struct stat status {};
  const bool is_file = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  const auto size = static_cast<std::size_t>(is_file ? status.st_size : 0);
  // Private: an in-place operation on a tensor copies the page and leaves the file alone.
  void* const address =
      size == 0 ? MAP_FAILED
                : mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, 0);
  close(descriptor);
  if (address == MAP_FAILED)
    throw item_error("{}: {}", path.string(), is_file ? "empty, or cannot be mapped" : "no file");
  const std::shared_ptr<const void> owner(address, [size](void* first) { munmap(first, size); });
  return {owner, {static_cast<unsigned char*>(address), size}, path.string()};
}

std::span<unsigned char> slice(const FileBytes& file, std::uint64_t offset, std::uint64_t size) {
  if (offset > file.bytes.size() || size > file.bytes.size() - offset)
    throw item_error("{}: truncated or damaged: {} bytes at {} lie outside the file", file.where,
                     size, offset);
  return file.bytes.subspan(offset, size);
}

}  // namespace restore
