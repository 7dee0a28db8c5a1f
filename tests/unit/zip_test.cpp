// The zip directory: what torch.save writes is read, ZIP64 too; whatever breaks a rule is refused.
#include "priors/neural/checkpoint/zip.h"

#include <boost/test/unit_test.hpp>

#include "tests/support/zip_bytes.h"

using namespace restore;
using testing::Bytes;
using testing::ZipEntry;

namespace {

std::string refusal(const Bytes& bytes) {
  try {
    read_zip(testing::in_memory(bytes));
  } catch (const Error& error) {
    BOOST_TEST((error.code() == ExitCode::some_failed));
    return error.what();
  }
  return "accepted";
}

bool says(const Bytes& bytes, const std::string& part) {
  const auto message = refusal(bytes);
  BOOST_TEST_MESSAGE(message);
  return message.find(part) != std::string::npos;
}

const std::vector<ZipEntry> kEntries{{"a/data.pkl", "pickle"}, {"a/data/0", "numbers"}, {"e", ""}};

std::string text(std::span<const unsigned char> bytes) { return {bytes.begin(), bytes.end()}; }

// Offset of the last occurrence of a signature.
std::size_t find_last(const Bytes& bytes, const std::string& signature) {
  const auto it = std::find_end(bytes.begin(), bytes.end(), signature.begin(), signature.end());
  BOOST_REQUIRE((it != bytes.end()));
  return static_cast<std::size_t>(it - bytes.begin());
}

Bytes changed(Bytes bytes, std::size_t at, const std::string& to) {
  std::copy(to.begin(), to.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
  return bytes;
}

}  // namespace

BOOST_AUTO_TEST_CASE(entries_are_views_of_the_file) {
  for (const bool zip64 : {false, true}) {
    const auto file = testing::in_memory(testing::zip_bytes(kEntries, zip64));
    BOOST_TEST(is_zip(file));
    const auto entries = read_zip(file);
    BOOST_REQUIRE(entries.size() == kEntries.size());
    for (const auto& entry : kEntries) {
      const auto payload = entries.at(entry.name);
      BOOST_TEST(text(payload) == entry.payload);
      BOOST_TEST((payload.data() >= file.bytes.data()));
      BOOST_TEST((payload.data() + payload.size() <= file.bytes.data() + file.bytes.size()));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_comment_at_the_end_is_no_harm) {
  auto bytes = testing::zip_bytes(kEntries);
  const std::string comment = "PK\5\6 not the end";
  bytes[bytes.size() - 2] = static_cast<unsigned char>(comment.size());
  bytes.insert(bytes.end(), comment.begin(), comment.end());
  BOOST_TEST(refusal(bytes) == "accepted");
}

// No cut leaves a valid file.
BOOST_AUTO_TEST_CASE(a_truncated_file_is_refused) {
  for (const bool zip64 : {false, true}) {
    const auto bytes = testing::zip_bytes(kEntries, zip64);
    for (std::size_t size = 0; size < bytes.size(); ++size)
      BOOST_TEST(refusal({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}) !=
                 "accepted");
  }
}

BOOST_AUTO_TEST_CASE(compressed_entries_are_left_out) {
  const auto bytes = testing::zip_bytes(kEntries);
  const auto method = find_last(bytes, "PK\1\2") + 10;
  const auto entries = read_zip(testing::in_memory(changed(bytes, method, "\x08")));
  BOOST_TEST(entries.size() == kEntries.size() - 1);
  BOOST_TEST(!entries.contains(kEntries.back().name));
}

BOOST_AUTO_TEST_CASE(damaged_headers_are_refused) {
  const auto bytes = testing::zip_bytes(kEntries);
  const auto central = find_last(bytes, "PK\1\2"), end = find_last(bytes, "PK\5\6");
  BOOST_TEST(says(changed(bytes, central + 8, "\x01"), "encrypted"));
  BOOST_TEST(says(changed(bytes, central + 20, "\x05"), "two sizes"));
  BOOST_TEST(says(changed(bytes, central + 46, "f"), "two names"));
  BOOST_TEST(says(changed(bytes, central + 42, "\x01"), "not where the directory says"));
  BOOST_TEST(says(changed(bytes, end + 10, "\x04"), "4 entries announced"));
  BOOST_TEST(says(changed(bytes, end + 4, "\x01"), "several volumes"));
  BOOST_TEST(says(testing::zip_bytes({{"a", "1"}, {"a", "2"}}), "twice"));
}

// The trick of zip bombs: many entries over the same bytes.
BOOST_AUTO_TEST_CASE(overlapping_entries_are_refused) {
  auto bytes = testing::zip_bytes({{"a", "1234"}, {"b", "5678"}});
  const auto last = find_last(bytes, "PK\1\2");
  const auto size =
      find_last({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(last)}, "PK\1\2") + 20;
  // 4 bytes, 16 of the data descriptor, and one more.
  const std::string longer("\x15\0\0\0\x15\0\0\0", 8);
  BOOST_TEST(says(changed(bytes, size, longer), "overlap"));
  // Into the directory.
  BOOST_TEST(says(changed(bytes, last + 20, longer), "overlap"));
}

BOOST_AUTO_TEST_CASE(gigantic_numbers_are_refused) {
  const auto bytes = testing::zip_bytes(kEntries), wide = testing::zip_bytes(kEntries, true);
  const auto central = find_last(bytes, "PK\1\2"), end = find_last(bytes, "PK\5\6");
  const std::string huge("\xfe\xff\xff\xff\xfe\xff\xff\xff", 8);
  BOOST_TEST(says(changed(bytes, central + 20, huge), "outside the file"));
  BOOST_TEST(says(changed(bytes, central + 42, huge.substr(0, 4)), "outside the file"));
  BOOST_TEST(says(changed(bytes, end + 12, huge), "outside the file"));
  const auto end64 = find_last(wide, "PK\6\6"), locator = find_last(wide, "PK\6\7");
  for (const int field : {40, 48})
    BOOST_TEST(says(changed(wide, end64 + field, huge), "outside the file"));
  BOOST_TEST(says(changed(wide, locator + 8, huge), "outside the file"));
  // The size of the last entry, in its extra field.
  BOOST_TEST(says(changed(wide, find_last(wide, "PK\1\2") + 46 + 1 + 4, huge + huge), "outside"));
}

// Files with one byte changed are refused or read, but never read out of bounds (the sanitizers
// look on).
BOOST_AUTO_TEST_CASE(damage_is_survived) {
  for (const bool zip64 : {false, true}) {
    const auto bytes = testing::zip_bytes(kEntries, zip64);
    for (std::size_t at = 0; at < bytes.size(); ++at)
      for (const char value : {'\0', '\1', '\x7f', '\xff'})
        BOOST_TEST(!refusal(changed(bytes, at, std::string(1, value))).empty());
  }
}
