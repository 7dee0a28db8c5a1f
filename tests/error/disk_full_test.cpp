// The disk fills up while the result is being written: an error, and no part of a picture is left.
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

 private:
  fs::path folder_;
  bool mounted_ = false;
};

// Noise, which no format can compress below the limits of these tests.
void write_large(const ToolBench& bench) {
  std::uint32_t state = 1;
  const auto noise = [&](int, int, int) {
    state = state * 1664525U + 1013904223U;  // Numerical Recipes' linear congruence
    return (state >> 8) / static_cast<double>(1U << 24);
  };
  write_raw(bench / "large.png", make_raw(256, 256, 3, SampleType::uint8, noise));
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
