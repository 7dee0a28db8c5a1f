#include "librestore/image/tiff_profile.h"

#include "librestore/image/byte_reader.h"

namespace restore {
namespace {

constexpr std::uint64_t kInterColorProfile = 34675;  // ICC.1:2022, B.3

// Numbers in the file's own byte order, offsets and counts of its own size.
class TiffReader {
 public:
  explicit TiffReader(const std::filesystem::path& path) : file_(path, "TIFF") {
    little_ = file_.number(2) == 0x4949;  // "II"
    big_tiff_ = number(2) == 43;
    if (big_tiff_) file_.number(4);  // size of an offset, zero
  }

  std::uint64_t number(int bytes) {
    const auto data = file_.bytes(bytes);
    std::uint64_t value = 0;
    for (int i = 0; i < bytes; ++i) value = value << 8 | data[little_ ? bytes - 1 - i : i];
    return value;
  }
  std::uint64_t offset() { return number(big_tiff_ ? 8 : 4); }
  std::uint64_t entries() { return number(big_tiff_ ? 8 : 2); }

  void go_to(std::uint64_t position) { file_.go_to(checked(position)); }
  std::vector<std::uint8_t> bytes(std::uint64_t count) { return file_.bytes(checked(count)); }

 private:
  std::int64_t checked(std::uint64_t value) const {
    if (value > kLargest) throw file_.truncated();
    return static_cast<std::int64_t>(value);
  }

  static constexpr std::uint64_t kLargest = std::uint64_t{1} << 62;  // no sum overflows
  ByteReader file_;
  bool little_ = false, big_tiff_ = false;
};

}  // namespace

std::vector<std::uint8_t> tiff_colour_profile(const std::filesystem::path& path) {
  TiffReader file(path);
  const std::uint64_t directory = file.offset();
  file.go_to(directory);
  const std::uint64_t entries = file.entries();
  for (std::uint64_t i = 0; i < entries; ++i) {
    const std::uint64_t tag = file.number(2);
    file.number(2);  // the type: bytes
    const std::uint64_t count = file.offset();
    const std::uint64_t position = file.offset();
    if (tag != kInterColorProfile) continue;
    file.go_to(position);
    return file.bytes(count);
  }
  return {};
}

}  // namespace restore
