#include "librestore/image/byte_reader.h"

#include <array>
#include <cerrno>

namespace restore {

ByteReader::ByteReader(const std::filesystem::path& path, std::string_view kind)
    : path_(path.string()), kind_(kind), stream_(path, std::ios::binary) {
  if (!stream_) throw file_error(path_, "cannot read", errno);
  size_ = static_cast<std::int64_t>(std::filesystem::file_size(path));
}

std::uint32_t ByteReader::number(int bytes) {
  std::array<char, 4> buffer{};
  if (!stream_.read(buffer.data(), bytes)) throw truncated();
  std::uint32_t value = 0;
  for (int i = 0; i < bytes; ++i) value = value << 8 | static_cast<unsigned char>(buffer[i]);
  return value;
}

std::vector<std::uint8_t> ByteReader::bytes(std::int64_t count) {
  if (position() + count > size_) throw truncated();
  std::vector<std::uint8_t> result(count);
  if (!stream_.read(reinterpret_cast<char*>(result.data()), count)) throw truncated();
  return result;
}

void ByteReader::go_to(std::int64_t position) {
  if (position > size_) throw truncated();
  stream_.seekg(position);
}

Error ByteReader::truncated() const {
  return item_error("{}: truncated {}: the file ends after {} bytes, before the picture does",
                    path_, kind_, size_);
}

Error ByteReader::damaged(std::string_view what) const {
  return item_error("{}: damaged {}: {}", path_, kind_, what);
}

}  // namespace restore
