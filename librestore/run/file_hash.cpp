#include "librestore/run/file_hash.h"

#include <cerrno>
#include <memory>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

// The whole of xxHash in this file: nothing to link, here or in a program that links librestore.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "librestore/core/error.h"

namespace restore {
namespace {

constexpr std::size_t kChunk = 1 << 20;

struct FreeState {
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};
using State = std::unique_ptr<XXH3_state_t, FreeState>;

std::string to_hex(const XXH128_hash_t& hash) {
  XXH128_canonical_t bytes;
  XXH128_canonicalFromHash(&bytes, hash);
  std::string text;
  for (const unsigned char byte : bytes.digest) text += fmt::format("{:02x}", byte);
  return text;
}

class ReadOnlyFile {
 public:
  explicit ReadOnlyFile(const std::filesystem::path& path)
      : path_(path), descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ < 0) throw file_error(path_, "cannot read", errno);
  }
  ~ReadOnlyFile() { close(descriptor_); }
  ReadOnlyFile(const ReadOnlyFile&) = delete;
  ReadOnlyFile& operator=(const ReadOnlyFile&) = delete;

  // 0 at the end.
  std::size_t read_some(void* buffer, std::size_t size) const {
    const ssize_t count = read(descriptor_, buffer, size);
    if (count < 0) throw file_error(path_, "cannot read", errno);
    return static_cast<std::size_t>(count);
  }

 private:
  std::string path_;
  int descriptor_;
};

}  // namespace

std::string hash_text(std::string_view text) {
  return to_hex(XXH3_128bits(text.data(), text.size()));
}

std::string hash_files(const std::vector<std::filesystem::path>& paths) {
  const State state(XXH3_createState());
  const std::unique_ptr<char[]> buffer(new char[kChunk]);
  XXH3_128bits_reset(state.get());
  for (const auto& path : paths) {
    const ReadOnlyFile file(path);
    std::uint64_t size = 0;
    while (const std::size_t count = file.read_some(buffer.get(), kChunk)) {
      XXH3_128bits_update(state.get(), buffer.get(), count);
      size += count;
    }
    // Without the sizes two files would hash like their concatenation.
    XXH3_128bits_update(state.get(), &size, sizeof size);
  }
  return to_hex(XXH3_128bits_digest(state.get()));
}

}  // namespace restore
