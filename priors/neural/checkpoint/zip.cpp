#include "priors/neural/checkpoint/zip.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace restore {
namespace {

constexpr std::uint32_t kLocalHeader = 0x04034b50;
constexpr std::uint32_t kCentralHeader = 0x02014b50;
constexpr std::uint32_t kEnd = 0x06054b50;
constexpr std::uint32_t kEnd64 = 0x06064b50;
constexpr std::uint32_t kEnd64Locator = 0x07064b50;
constexpr std::uint64_t kLocalSize = 30, kCentralSize = 46, kEndSize = 22, kLocatorSize = 20;
constexpr std::uint64_t kMaxComment = 0xffff;
constexpr std::uint16_t kIn64 = 0xffff;  // a 16-bit field whose value is in the ZIP64 record
constexpr std::uint32_t kIn64Long = 0xffffffff;
constexpr std::uint16_t kExtra64 = 0x0001;  // tag of the ZIP64 extra field
constexpr std::uint16_t kEncrypted = 0x0001;

struct Directory {
  std::uint64_t count, size, offset;
};

// The last "end of central directory" whose comment ends with the file.
std::uint64_t find_end(const FileBytes& file) {
  const std::uint64_t total = file.bytes.size();
  for (std::uint64_t comment = 0; comment <= kMaxComment && comment + kEndSize <= total;
       ++comment) {
    const std::uint64_t at = total - kEndSize - comment;
    if (read_number<std::uint32_t>(file, at) == kEnd &&
        read_number<std::uint16_t>(file, at + 20) == comment)
      return at;
  }
  throw item_error("{}: truncated: a zip file without its directory at the end", file.where);
}

Directory read_end(const FileBytes& file) {
  const std::uint64_t end = find_end(file);
  const auto disk = read_number<std::uint16_t>(file, end + 4);
  if (disk != 0 && disk != kIn64) throw item_error("{}: a zip file of several volumes", file.where);
  if (end >= kLocatorSize &&
      read_number<std::uint32_t>(file, end - kLocatorSize) == kEnd64Locator) {
    const auto at = read_number<std::uint64_t>(file, end - kLocatorSize + 8);
    if (read_number<std::uint32_t>(file, at) != kEnd64)
      throw item_error("{}: damaged: no ZIP64 directory where one should be", file.where);
    return {read_number<std::uint64_t>(file, at + 32), read_number<std::uint64_t>(file, at + 40),
            read_number<std::uint64_t>(file, at + 48)};
  }
  return {read_number<std::uint16_t>(file, end + 10), read_number<std::uint32_t>(file, end + 12),
          read_number<std::uint32_t>(file, end + 16)};
}

struct Entry {
  std::string name;
  std::uint64_t size = 0;    // of the payload, as it is in the file
  std::uint64_t header = 0;  // where its local header begins
  bool is_stored = true;
};

// Where the ZIP64 extra field of a central header begins, past its tag and length.
std::optional<std::uint64_t> find_extra64(const FileBytes& file, std::uint64_t at,
                                          std::uint64_t end) {
  while (at + 4 <= end) {
    const auto tag = read_number<std::uint16_t>(file, at);
    if (tag == kExtra64) return at + 4;
    at += 4 + read_number<std::uint16_t>(file, at + 2);
  }
  return std::nullopt;
}

Entry read_central_header(const FileBytes& file, std::uint64_t at) {
  const auto name_size = read_number<std::uint16_t>(file, at + 28);
  const auto extra_size = read_number<std::uint16_t>(file, at + 30);
  const auto name = slice(file, at + kCentralSize, name_size);
  Entry entry{.name = {name.begin(), name.end()},
              .is_stored = read_number<std::uint16_t>(file, at + 10) == 0};
  if ((read_number<std::uint16_t>(file, at + 8) & kEncrypted) != 0)
    throw item_error("{}: entry '{}' is encrypted", file.where, entry.name);
  const std::uint64_t extra = at + kCentralSize + name_size;
  auto wide = find_extra64(file, extra, extra + extra_size);
  // The extra field holds, in this order, those of the three numbers that do not fit 32 bits.
  const auto number = [&](std::uint64_t offset) -> std::uint64_t {
    const auto value = read_number<std::uint32_t>(file, at + offset);
    if (value != kIn64Long || !wide) return value;
    const auto value64 = read_number<std::uint64_t>(file, *wide);
    *wide += 8;
    return value64;
  };
  const auto unpacked = number(24);
  entry.size = number(20);
  if (entry.is_stored && entry.size != unpacked)
    throw item_error("{}: entry '{}' has two sizes", file.where, entry.name);
  entry.header = number(42);
  return entry;
}

std::uint64_t payload_offset(const FileBytes& file, const Entry& entry) {
  if (read_number<std::uint32_t>(file, entry.header) != kLocalHeader)
    throw item_error("{}: damaged: entry '{}' is not where the directory says", file.where,
                     entry.name);
  const auto name_size = read_number<std::uint16_t>(file, entry.header + 26);
  const auto extra_size = read_number<std::uint16_t>(file, entry.header + 28);
  const auto name = slice(file, entry.header + kLocalSize, name_size);
  if (!std::equal(name.begin(), name.end(), entry.name.begin(), entry.name.end()))
    throw item_error("{}: entry '{}' has two names", file.where, entry.name);
  return entry.header + kLocalSize + name_size + extra_size;
}

struct Extent {
  std::uint64_t begin, end;
};

void check_disjoint(std::vector<Extent> extents, std::uint64_t directory,
                    const std::string& where) {
  std::sort(extents.begin(), extents.end(),
            [](const Extent& a, const Extent& b) { return a.begin < b.begin; });
  extents.push_back({directory, directory});
  for (std::size_t i = 1; i < extents.size(); ++i)
    if (extents[i].begin < extents[i - 1].end)
      throw item_error("{}: entries of the zip file overlap", where);
}

}  // namespace

bool is_zip(const FileBytes& file) {
  return file.bytes.size() >= 4 && read_number<std::uint32_t>(file, 0) == kLocalHeader;
}

std::map<std::string, std::span<unsigned char>> read_zip(const FileBytes& file) {
  const Directory directory = read_end(file);
  slice(file, directory.offset, directory.size);
  std::map<std::string, std::span<unsigned char>> entries;
  std::vector<Extent> extents;
  std::uint64_t at = directory.offset;
  for (std::uint64_t i = 0; i < directory.count; ++i) {
    if (read_number<std::uint32_t>(file, at) != kCentralHeader)
      throw item_error("{}: damaged: {} entries announced, {} found", file.where, directory.count,
                       i);
    const Entry entry = read_central_header(file, at);
    const std::uint64_t begin = payload_offset(file, entry);
    const auto payload = slice(file, begin, entry.size);
    if (entry.is_stored && !entries.emplace(entry.name, payload).second)
      throw item_error("{}: the zip file holds '{}' twice", file.where, entry.name);
    extents.push_back({entry.header, begin + entry.size});
    at += kCentralSize + entry.name.size() + read_number<std::uint16_t>(file, at + 30) +
          read_number<std::uint16_t>(file, at + 32);
  }
  check_disjoint(std::move(extents), directory.offset, file.where);
  return entries;
}

}  // namespace restore
