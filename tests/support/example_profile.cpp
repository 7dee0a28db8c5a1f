#include "tests/support/example_profile.h"

#include <string>
#include <string_view>

namespace restore::testing {
namespace {

void append(std::string& bytes, std::uint32_t value, int count = 4) {
  for (int shift = 8 * (count - 1); shift >= 0; shift -= 8)
    bytes.push_back(static_cast<char>(value >> shift));
}

// 10.15: text, ended by a zero.
std::string text(std::string_view words) {
  std::string bytes;
  bytes += "text";
  append(bytes, 0);
  bytes += words;
  bytes.push_back(0);
  return bytes;
}

// ICC.1:2001, 6.5.17: the description of older profiles, its Unicode and Macintosh parts empty.
std::string description(std::string_view words) {
  std::string bytes;
  bytes += "desc";
  append(bytes, 0);
  append(bytes, static_cast<std::uint32_t>(words.size() + 1));
  bytes += words;
  bytes.resize(bytes.size() + 1 + 8 + 3 + 67);
  return bytes;
}

// 10.15: one record, English, in UTF-16.
std::string localized(std::string_view words) {
  std::string bytes;
  bytes += "mluc";
  append(bytes, 0);
  append(bytes, 1);
  append(bytes, 12);
  bytes += "enUS";
  append(bytes, static_cast<std::uint32_t>(2 * words.size()));
  append(bytes, 28);
  for (const char letter : words) append(bytes, static_cast<std::uint32_t>(letter), 2);
  return bytes;
}

// 10.31, numbers of 16.16 bits.
std::string xyz(std::uint32_t x, std::uint32_t y, std::uint32_t z) {
  std::string bytes;
  bytes += "XYZ ";
  for (const std::uint32_t value : {0U, x, y, z}) append(bytes, value);
  return bytes;
}

// 10.6: one number of 8.8 bits.
std::string gamma() {
  std::string bytes;
  bytes += "curv";
  append(bytes, 0);
  append(bytes, 1);
  append(bytes, 0x0233, 2);
  return bytes;
}

// 7.2, without the size that comes first.
std::string header() {
  std::string bytes;
  append(bytes, 0);
  append(bytes, 0x02400000);  // version 2.4
  bytes += "mntrRGB XYZ ";
  for (const std::uint32_t part : {2026U, 1U, 1U, 0U, 0U, 0U}) append(bytes, part, 2);
  bytes += "acsp";
  bytes.resize(64);  // platform, flags, device, attributes, intent: 0
  for (const std::uint32_t part : {0xF6D6U, 0x10000U, 0xD32DU}) append(bytes, part);  // D50
  bytes.resize(124);
  return bytes;
}

struct Tag {
  std::string_view signature;
  std::string content;
};

}  // namespace

std::vector<std::uint8_t> example_profile() {
  const Tag tags[] = {
      {"desc", description("Example RGB")},
      {"cprt", text("This profile is in the public domain.")},
      {"dmdd", localized("Example monitor")},
      {"wtpt", xyz(0xF6D6, 0x10000, 0xD32D)},
      {"rXYZ", xyz(0x6FA2, 0x38F5, 0x0390)},
      {"gXYZ", xyz(0x6299, 0xB785, 0x18DA)},
      {"bXYZ", xyz(0x24A0, 0x0F84, 0xB6CF)},
      {"rTRC", gamma()},
      {"gTRC", gamma()},
      {"bTRC", gamma()},
  };
  std::string table, data;
  const std::size_t start = 128 + 4 + 12 * std::size(tags);
  append(table, static_cast<std::uint32_t>(std::size(tags)));
  for (const auto& [signature, content] : tags) {
    table += signature;
    append(table, static_cast<std::uint32_t>(start + data.size()));
    append(table, static_cast<std::uint32_t>(content.size()));
    data += content;
    data.resize((data.size() + 3) / 4 * 4);
  }
  std::string profile;
  append(profile, static_cast<std::uint32_t>(start + data.size()));
  profile += header() + table + data;
  return {profile.begin(), profile.end()};
}

}  // namespace restore::testing
