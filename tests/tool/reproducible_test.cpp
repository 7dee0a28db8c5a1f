// The result moves neither with the number of threads, nor with the batch, nor with the time of
// day.
#include <boost/test/unit_test.hpp>

#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

constexpr const char* kNames[] = {"a.png", "b.png", "c.png"};

void write_photos(const ToolBench& bench) {
  std::filesystem::create_directory(bench / "photos");
  int width = 90;
  for (const std::string name : kNames)
    write_raw(bench / "photos" / name, example_picture(width += 6, 80));
  const auto is_hole = [](int y, int x) { return (7 * y + 3 * x) % 5 < 2 && x > 30 && x < 60; };
  std::filesystem::create_directory(bench / "masks");
  for (const std::string name : kNames) {
    const auto photo = read_raw(bench / "photos" / name);
    write_raw(bench / "masks" / name, example_mask(photo.width, photo.height, is_hole));
  }
}

// One call a tool, without input and output.
const std::vector<Words>& calls() {
  static const std::vector<Words> all = {
      {"restore-inpaint", "--mask", "masks", "--prior", "tv", "--steps", "4"},
      {"restore-upscale", "-s", "2", "--prior", "tv", "--steps", "3"},
      {"restore-deblur", "--psf", "motion:5,30", "--prior", "tv", "--steps", "4"},
      {"restore-pnp", "--operator", "blur(disk:1.5) | downsample(2)", "--solver", "admm", "--prior",
       "tv", "--steps", "4"},
      {"restore-degrade", "--operator", "blur(gaussian:1)", "--noise", "0.05", "--seed", "7"},
  };
  return all;
}

void run(const ToolBench& bench, Words words, const std::string& input, const std::string& output,
         const std::string& threads) {
  words.insert(words.end(), {input, "-o", output, "-j", threads});
  bench.run_well(words);
}

BOOST_AUTO_TEST_CASE(threads_and_batch_do_not_change_a_bit) {
  const ToolBench bench;
  write_photos(bench);
  for (const auto& call : calls()) {
    BOOST_TEST_CONTEXT(call[0]) {
      run(bench, call, "photos", "one-" + call[0] + "/", "1");
      run(bench, call, "photos", "three-" + call[0] + "/", "3");
      run(bench, call, "photos/b.png", "alone-" + call[0] + ".png", "2");
      const auto bytes = [&](const std::string& name) { return read_bytes(bench / name); };
      for (const std::string name : kNames)
        BOOST_TEST((bytes("one-" + call[0] + "/" + name) == bytes("three-" + call[0] + "/" + name)),
                   name << " depends on -j");
      BOOST_TEST((bytes("one-" + call[0] + "/b.png") == bytes("alone-" + call[0] + ".png")),
                 "b.png depends on the batch");
    }
  }
}

BOOST_AUTO_TEST_CASE(the_seed_decides_the_noise_and_zero_is_a_seed) {
  const ToolBench bench;
  const auto noisy = [&](const std::string& seed, const std::string& name) {
    bench.run_well({"restore-degrade", "photo.png", "--operator", "identity", "--noise", "0.1",
                    "--seed", seed, "-o", "out/" + name + ".png"});
    return read_bytes(bench / ("out/" + name + ".png"));
  };
  const auto zero = noisy("0", "zero");
  BOOST_TEST((noisy("0", "again") == zero));
  BOOST_TEST((noisy("1", "one") != zero));
}

}  // namespace
}  // namespace restore::testing
