// A colour profile survives byte for byte or the file is refused; none is followed out of its
// bounds.
#include "librestore/image/icc_profile.h"

#include <functional>

#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/image/file_bytes.h"
#include "librestore/image/image_io.h"
#include "librestore/image/metadata.h"
#include "librestore/image/png_chunks.h"
#include "tests/support/example_profile.h"
#include "tests/support/temporary_folder.h"

namespace restore::testing {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

const char* const kNames[] = {"a.png", "a.jpg", "a.tif", "a.webp"};

Image with_profile(const Bytes& profile, std::int64_t channels = 3) {
  const auto metadata = std::make_shared<Metadata>();
  metadata->colour_profile = profile;
  Image image;
  image.colour = torch::full({1, channels, 6, 8}, 0.5F);
  image.metadata = metadata;
  return image;
}

std::string load_message(const fs::path& path) {
  try {
    load_image(path);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

void set_number(Bytes& bytes, std::size_t at, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}

std::uint32_t number(const Bytes& bytes, std::size_t at) {
  return static_cast<std::uint32_t>(bytes[at]) << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 |
         bytes[at + 3];
}

// The rows of the example's table of tags: signature, offset, size.
constexpr std::size_t kDescription = 132, kText = 144, kLocalized = 156;

BOOST_AUTO_TEST_CASE(every_part_must_lie_within) {
  const Bytes sound = example_profile();
  BOOST_TEST(flaw_of_profile(sound) == "");
  for (std::size_t size = 0; size < sound.size(); ++size)
    BOOST_TEST(flaw_of_profile(std::span(sound).first(size)) != "", size);
  Bytes padded = sound;
  padded.resize(sound.size() + 3);
  BOOST_TEST(flaw_of_profile(padded) == "");

  const auto flaw_with = [&](std::size_t at, std::uint32_t value) {
    Bytes damaged = sound;
    set_number(damaged, at, value);
    return flaw_of_profile(damaged);
  };
  const auto size = static_cast<std::uint32_t>(sound.size());
  BOOST_TEST(flaw_with(36, 0) == "its signature is missing");
  BOOST_TEST(flaw_with(128, 0xFFFFFFFF) == "its table of tags has no end");
  BOOST_TEST(flaw_with(kDescription + 4, size) == "its tag 'desc' reaches past its end");
  BOOST_TEST(flaw_with(kText + 4, 0xFFFFFFFF) == "its tag 'cprt' reaches past its end");
  BOOST_TEST(flaw_with(kText + 8, 7) == "its tag 'cprt' reaches past its end");
  BOOST_TEST(flaw_with(kText + 8, 0xFFFFFFFF) == "its tag 'cprt' reaches past its end");
  // What the tag itself refers to: the length of the old description; of the localized text the
  // number of records, their size, and the length and the offset of the first.
  BOOST_TEST(flaw_with(number(sound, kDescription + 4) + 8, 0x7FFFFFFF) != "");
  for (const std::size_t at : {8U, 12U, 20U, 24U})
    BOOST_TEST(flaw_with(number(sound, kLocalized + 4) + at, 0x7FFFFFFF) ==
                   "its tag 'dmdd' reaches past its end",
               at);
}

BOOST_AUTO_TEST_CASE(it_comes_back_byte_for_byte) {
  const TemporaryFolder folder;
  Bytes unusual = example_profile();
  set_number(unusual, 68, 0x8000);  // libpng writes no profile that is not relative to D50
  Bytes large = example_profile();  // more than one segment of a JPEG
  large.resize(200000, 7);
  set_number(large, 0, static_cast<std::uint32_t>(large.size()));
  for (const char* name : kNames)
    for (const Bytes& profile : {example_profile(), unusual, large}) {
      save_image(with_profile(profile), folder / name);
      const Image loaded = load_image(folder / name);
      BOOST_TEST(loaded.metadata->colour_profile == profile, name);
    }
}

// libpng and OpenImageIO drop some of these without a word: the colours would be others.
BOOST_AUTO_TEST_CASE(damaged_ones_are_refused) {
  const TemporaryFolder folder;
  Bytes cut = example_profile();
  cut.resize(cut.size() - 8);
  Bytes tag = example_profile();
  set_number(tag, kText + 8, 0);
  for (const char* name : kNames)
    for (const Bytes& profile : {cut, tag}) {
      save_image(with_profile(profile), folder / name);
      const auto message = load_message(folder / name);
      BOOST_TEST(message.starts_with((folder / name).string() + ": damaged colour profile: "),
                 message);
    }
}

BOOST_AUTO_TEST_CASE(a_jpeg_must_hold_every_part) {
  const TemporaryFolder folder;
  Bytes large = example_profile();
  large.resize(200000, 7);
  set_number(large, 0, static_cast<std::uint32_t>(large.size()));
  save_image(with_profile(large), folder / "a.jpg");
  Bytes file = read_file(folder / "a.jpg");
  const std::string name = "ICC_PROFILE";
  auto part = std::search(file.begin(), file.end(), name.begin(), name.end());
  part = std::search(part + 1, file.end(), name.begin(), name.end());
  *part = 'X';  // the second of four
  write_file(folder / "a.jpg", file, "");
  BOOST_TEST(load_message(folder / "a.jpg")
                 .ends_with("damaged JPEG: part 2 of 4 of its colour profile is missing"));
}

BOOST_AUTO_TEST_CASE(a_png_is_held_to_its_checksums) {
  const TemporaryFolder folder;
  save_image(with_profile(example_profile()), folder / "a.png");
  const Bytes sound = read_file(folder / "a.png");
  const auto message_with = [&](const std::string& chunk, std::size_t at) {
    Bytes file = sound;
    const auto found = std::search(file.begin(), file.end(), chunk.begin(), chunk.end());
    BOOST_TEST_REQUIRE((found != file.end()));
    found[static_cast<std::ptrdiff_t>(at)] ^= 1;
    write_file(folder / "a.png", file, "");
    return load_message(folder / "a.png");
  };
  for (const char* chunk : {"IHDR", "iCCP", "IDAT"})
    BOOST_TEST(message_with(chunk, 8).ends_with(
        std::string("damaged PNG: the checksum of its chunk ") + chunk + " is wrong"));
}

// A few kilobytes that would unpack to as many megabytes.
BOOST_AUTO_TEST_CASE(a_png_cannot_fill_the_memory_with_a_profile) {
  const TemporaryFolder folder;
  save_image(with_profile(example_profile()), folder / "a.png");
  Bytes chunk;
  append_png_profile(chunk, Bytes(std::size_t{65} << 20, 0));
  Bytes file = read_file(folder / "a.png");
  file.insert(file.begin() + kPngHeadBytes, chunk.begin(), chunk.end());
  write_file(folder / "a.png", file, "");
  BOOST_TEST(load_message(folder / "a.png")
                 .ends_with("damaged PNG: its colour profile cannot be unpacked"));
}

// A grey profile in a colour picture says nothing, and the other way round.
BOOST_AUTO_TEST_CASE(it_goes_along_where_it_has_a_meaning) {
  const TemporaryFolder folder;
  for (const char* name : kNames) {
    save_image(with_profile(example_profile(), 1), folder / name);
    // PNG takes no RGB profile in a grey picture; WebP knows no grey.
    const bool kept = !load_image(folder / name).metadata->colour_profile.empty();
    BOOST_TEST(kept == (std::string(name) != "a.png"), name);
  }
}

}  // namespace
}  // namespace restore::testing
