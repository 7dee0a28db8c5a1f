// Files with flipped bytes and missing ends, metadata included: each one loads or is refused in one
// line that begins with its path; none takes the process with it, and none hangs.
// RESTORE_MUTATIONS=N tries more of them a format.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>

#include <boost/test/unit_test.hpp>
#include <signal.h>
#include <unistd.h>
#include <zlib.h>

#include "librestore/core/error.h"
#include "librestore/core/rng.h"
#include "librestore/image/image_io.h"
#include "librestore/image/png_chunks.h"
#include "tests/support/example_profile.h"
#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

constexpr int kSeconds = 10;  // for one small file; a hang takes all of them

int mutations() {
  const char* const wanted = std::getenv("RESTORE_MUTATIONS");
  return wanted != nullptr ? std::atoi(wanted) : 100;
}

std::string text_of(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

// Up to four bytes changed, and every eighth time the end cut off.
void mutate(std::string& bytes, Rng& rng) {
  for (auto count = 1 + rng.below(4); count > 0; --count) {
    auto& byte = bytes[rng.below(bytes.size())];
    const char values[] = {static_cast<char>(byte ^ (1 << rng.below(8))), '\0', '\xFF',
                           static_cast<char>(rng.below(256))};
    byte = values[rng.below(4)];
  }
  if (rng.below(8) == 0) bytes.resize(rng.below(bytes.size()));
}

// Checksums that fit, so that the damage reaches what is behind them.
void fix_png_checksums(std::string& bytes) {
  std::size_t at = 8;
  while (at + 12 <= bytes.size()) {
    const auto* data = reinterpret_cast<const Bytef*>(bytes.data());
    const std::size_t length =
        data[at] << 24U | data[at + 1] << 16U | data[at + 2] << 8U | data[at + 3];
    if (length > bytes.size() - at - 12) return;
    const auto crc = crc32(0, data + at + 4, static_cast<uInt>(length + 4));
    for (int i = 0; i < 4; ++i) bytes[at + 8 + length + i] = static_cast<char>(crc >> (24 - 8 * i));
    at += 12 + length;
  }
}

// exiftool's arguments for a bit of everything; in `folder` lies p.icc.
void add_metadata(const fs::path& file, const fs::path& folder) {
  const auto result = run_process(
      {"exiftool", "-q", "-overwrite_original", "-icc_profile<=" + (folder / "p.icc").string(),
       "-EXIF:Artist=Ada", "-EXIF:Orientation#=6", "-EXIF:FNumber=2.8", "-EXIF:GPSLatitude=52.5",
       "-XMP-dc:Title=A title", "-IPTC:Keywords=one", "-IPTC:Keywords=two", file.string()});
  BOOST_TEST_REQUIRE(result.exit_code == 0, file << ": " << result.err);
}

// What a mutation writes; the same for the same number.
using MakeFile = std::function<void(const fs::path& file, Rng& rng)>;

bool loads_or_is_refused(const fs::path& file) {
  try {
    load_image(file);
  } catch (const Error& error) {
    const std::string message = error.what();
    const bool good = error.code() == ExitCode::some_failed &&
                      message.find('\n') == std::string::npos &&
                      message.starts_with(file.string() + ": ");
    if (!good) std::fprintf(stderr, "not our line: %s\n", message.c_str());
    return good;
  } catch (const std::bad_alloc&) {
    // A header promises more than there is memory for: the tool's wall says so.
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return false;
  }
  return true;
}

// What check_mutations() starts: loads the files that it is told, the name of each on a line
// before, and fails at the first that is neither loaded nor refused as it should be.
BOOST_AUTO_TEST_CASE(load_all, *boost::unit_test::disabled()) {
  const auto& suite = boost::unit_test::framework::master_test_suite();
  // Boost.Test would take the signal for a failed check.
  for (const int fatal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM})
    signal(fatal, SIG_DFL);
  for (int i = 1; i < suite.argc; ++i) {
    std::printf("%s\n", suite.argv[i]);
    std::fflush(stdout);
    alarm(kSeconds);
    BOOST_TEST_REQUIRE(loads_or_is_refused(suite.argv[i]));
  }
}

// Loads them in a process of its own, no fork: libraries start threads while they load, and what
// has threads can only fork to run a program.
void check_mutations(const std::string& name, const fs::path& file, const MakeFile& make) {
  constexpr int kAtOnce = 1000;  // so many names make a command line
  const int count = mutations();
  for (int next = 0; next < count;) {
    Words words{"/proc/self/exe", "--run_test=load_all", "--log_level=nothing", "--"};
    for (int i = next; i < std::min(count, next + kAtOnce); ++i) {
      words.push_back(file.parent_path() / (std::to_string(i) + "-" + file.filename().string()));
      Rng rng(static_cast<std::uint64_t>(i));
      make(words.back(), rng);
    }
    const auto result = run_process(words);
    const int begun = static_cast<int>(lines_of(result.out).size());
    BOOST_TEST_REQUIRE(begun > 0, result.err);
    next += begun;
    BOOST_TEST(result.exit_code == 0, name << ": mutation " << next - 1 << " ended with "
                                           << result.exit_code << ": " << result.err);
  }
}

// photo.png, .jpg, .tif, .webp and .exr with metadata.
void write_photos(const TemporaryFolder& folder) {
  write_bytes(folder / "p.icc", text_of(example_profile()));
  for (const char* name : {"photo.png", "photo.jpg", "photo.tif", "photo.webp"}) {
    write_raw(folder / name, example_picture(24, 20));
    add_metadata(folder / name, folder.path());
  }
  save_image(load_image(folder / "photo.png"), folder / "photo.exr");
}

BOOST_AUTO_TEST_CASE(flipped_bytes_and_missing_ends) {
  const TemporaryFolder folder;
  write_photos(folder);
  for (const char* name : {"photo.png", "photo.jpg", "photo.tif", "photo.webp", "photo.exr"}) {
    const std::string whole = read_bytes(folder / name);
    const auto extension = fs::path(name).extension().string();
    check_mutations(name, folder / ("damaged" + extension), [&](const fs::path& file, Rng& rng) {
      std::string bytes = whole;
      mutate(bytes, rng);
      if (extension == ".png") fix_png_checksums(bytes);
      write_bytes(file, bytes);
    });
  }
}

// In a PNG the profile is packed, so that damage to the file seldom reaches it.
BOOST_AUTO_TEST_CASE(damaged_profiles) {
  const TemporaryFolder folder;
  write_raw(folder / "photo.png", example_picture(24, 20));
  const std::string photo = read_bytes(folder / "photo.png");
  const std::string sound = text_of(example_profile());
  const auto with_profile = [&](const std::string& profile) {
    Bytes chunk;
    append_png_profile(chunk, Bytes(profile.begin(), profile.end()));
    return photo.substr(0, kPngHeadBytes) + text_of(chunk) + photo.substr(kPngHeadBytes);
  };
  write_bytes(folder / "sound.png", with_profile(sound));
  BOOST_CHECK_NO_THROW(load_image(folder / "sound.png"));
  check_mutations("profile", folder / "damaged.png", [&](const fs::path& file, Rng& rng) {
    std::string profile = sound;
    mutate(profile, rng);
    write_bytes(file, with_profile(profile));
  });
}

}  // namespace
}  // namespace restore::testing
