// Files with flipped bytes and missing ends, metadata included: each one loads or is refused in one
// line that begins with its path; none takes the process with it, and none hangs.
// RESTORE_MUTATIONS=N tries more of them a format.
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>

#include <boost/test/unit_test.hpp>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
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

// 0: loaded or refused as it should be.
int try_to_load(const fs::path& file) {
  try {
    load_image(file);
  } catch (const Error& error) {
    const std::string message = error.what();
    const bool good = error.code() == ExitCode::some_failed &&
                      message.find('\n') == std::string::npos &&
                      message.starts_with(file.string() + ": ");
    if (!good) std::fprintf(stderr, "not our line: %s\n", message.c_str());
    return good ? 0 : 1;
  } catch (const std::bad_alloc&) {
    return 0;  // a header promises more than there is memory for: the tool's wall says so
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}

// Runs mutations from `next` on in a child, which says by `next` how far it came.
int run_child(const fs::path& file, const MakeFile& make, std::atomic<int>& next, int count) {
  const pid_t child = fork();
  BOOST_TEST_REQUIRE(child >= 0);
  if (child == 0) {
    // Boost.Test would take the child for the test.
    for (const int fatal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM})
      signal(fatal, SIG_DFL);
    for (; next < count; ++next) {
      Rng rng(static_cast<std::uint64_t>(next));
      make(file, rng);
      alarm(kSeconds);
      if (try_to_load(file) != 0) _exit(1);
    }
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void check_mutations(const std::string& name, const fs::path& file, const MakeFile& make) {
  void* const shared = mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  BOOST_TEST_REQUIRE(shared != MAP_FAILED);
  auto& next = *new (shared) std::atomic<int>(0);
  const int count = mutations();
  while (next < count) {
    const int code = run_child(file, make, next, count);
    BOOST_TEST(code == 0, name << ": mutation " << next << " ended with " << code);
    if (code != 0) ++next;
  }
  munmap(shared, sizeof(std::atomic<int>));
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
  const Bytes plain(photo.begin(), photo.end());
  const std::string sound = text_of(example_profile());
  const auto with_profile = [&](const std::string& profile) {
    Bytes chunk;
    append_png_profile(chunk, Bytes(profile.begin(), profile.end()));
    return text_of(with_png_chunks(plain, chunk));
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
