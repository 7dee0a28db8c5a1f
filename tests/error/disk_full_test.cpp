// The disk fills up while results are being written: errors, and no part of a picture is left.
#include <cerrno>
#include <cstring>

#include <boost/test/unit_test.hpp>
#include <sys/mount.h>

#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

namespace fs = std::filesystem;

// A disk of `size` bytes over a folder, for as long as the object lives. Needs privileges.
class SmallDisk {
 public:
  SmallDisk(fs::path folder, const std::string& size) : folder_(std::move(folder)) {
    mounted_ = mount("tmpfs", folder_.c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
    if (!mounted_) BOOST_TEST_MESSAGE("no disk of our own: " << std::strerror(errno));
  }
  ~SmallDisk() {
    if (mounted_) umount2(folder_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool mounted() const { return mounted_; }
  void enlarge(const std::string& size) const {
    BOOST_TEST_REQUIRE(
        mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT, ("size=" + size).c_str()) == 0);
  }

 private:
  fs::path folder_;
  bool mounted_ = false;
};

// Noise, which no format can compress below the limits of these tests.
void write_large(const ToolBench& bench, int side = 256, const std::string& name = "large.png") {
  std::uint32_t state = 1;
  const auto noise = [&](int, int, int) {
    state = state * 1664525U + 1013904223U;  // Numerical Recipes' linear congruence
    return (state >> 8) / static_cast<double>(1U << 24);
  };
  write_raw(bench / name, make_raw(side, side, 3, SampleType::uint8, noise));
}

const char* const kOutputs[] = {"out/a.png", "out/a.jpg", "out/a.tif", "out/a.exr", "out/a.webp"};

BOOST_AUTO_TEST_CASE(a_full_disk_leaves_nothing_behind) {
  const ToolBench bench;
  write_large(bench);
  const SmallDisk disk(bench / "out", "16k");
  if (!disk.mounted()) return;
  for (const std::string output : kOutputs)
    bench.check_refusal({"restore-degrade", "large.png", "--operator", "identity", "-o", output},
                        ExitCode::some_failed, {output});
}

// What fits is done, what does not fails by itself, and with room the same call does the rest.
BOOST_AUTO_TEST_CASE(a_disk_that_fills_up_in_the_middle_of_a_batch) {
  const ToolBench bench;
  const SmallDisk disk(bench / "out", "100k");
  if (!disk.mounted()) return;
  constexpr int kPictures = 12;
  fs::create_directory(bench / "photos");
  write_large(bench, 96, "photos/10.png");  // 27 kB
  for (int i = 11; i < 10 + kPictures; ++i)
    fs::copy_file(bench / "photos/10.png", bench / "photos" / (std::to_string(i) + ".png"));
  const auto call = [](const std::string& out) {
    return Words{"restore-degrade",
                 "photos",
                 "--operator",
                 "identity",
                 "--noise",
                 "0.01",
                 "-o",
                 out,
                 "-j",
                 "1",
                 "--json",
                 "--skip-existing"};
  };
  const auto pictures = [&](const std::string& folder) {
    std::map<std::string, std::string> found;
    for (const auto& [name, bytes] : bench.contents())
      if (name.starts_with(folder + "/") && name.ends_with(".png"))
        found[name.substr(folder.size())] = bytes;
    return found;
  };
  bench.run_well(call("whole"));
  const auto whole = pictures("whole");
  BOOST_TEST_REQUIRE(whole.size() == std::size_t{kPictures});

  const auto full = bench.run(call("out"));
  BOOST_TEST(full.exit_code == static_cast<int>(ExitCode::some_failed));
  BOOST_TEST(lines_of(full.out).size() == std::size_t{kPictures});
  const auto some = pictures("out");
  BOOST_TEST(!some.empty());
  BOOST_TEST(some.size() < std::size_t{kPictures});
  for (const auto& [name, bytes] : some) BOOST_TEST((bytes == whole.at(name)), name);
  BOOST_TEST(lines_of(full.err).size() >= kPictures - some.size(), full.err);
  for (const auto& line : lines_of(full.err))
    BOOST_TEST(line.starts_with("restore-degrade: "), line);

  disk.enlarge("10m");
  bench.run_well(call("out"));
  BOOST_CHECK(pictures("out") == whole);
  for (const auto& [name, bytes] : bench.contents())
    BOOST_TEST((!name.starts_with("out/.") || name == "out/.restore-log.jsonl"), name);
}

// A limit on the size of files meets the same code paths, and needs no privileges.
BOOST_AUTO_TEST_CASE(a_file_that_may_not_grow_leaves_nothing_behind) {
  const ToolBench bench;
  write_large(bench);
  for (const std::string output : kOutputs) {
    BOOST_TEST_CONTEXT(output) {
      const auto before = bench.contents();
      // 16 blocks of 512 bytes; without the trap the first write past them would kill the tool.
      const std::string script = "trap '' XFSZ; ulimit -f 16; exec \"$@\"";
      const auto result =
          run_process({"sh", "-c", script, "sh", RESTORE_TOOL_DIR "/restore-degrade", "large.png",
                       "--operator", "identity", "-o", output, "--progress", "none"},
                      {.folder = bench.path()});
      BOOST_TEST(result.exit_code == static_cast<int>(ExitCode::some_failed));
      BOOST_TEST(lines_of(result.err).size() == 1U, result.err);
      BOOST_TEST(result.err.find(output) != std::string::npos, result.err);
      BOOST_TEST((bench.contents() == before), "files have changed");
    }
  }
}

}  // namespace
}  // namespace restore::testing
