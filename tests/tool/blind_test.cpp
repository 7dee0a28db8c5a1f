// restore-deblur --blind: the kernel found in the picture.
#include <boost/test/unit_test.hpp>

#include "librestore/core/json.h"
#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

constexpr const char* kKernel = "motion:9,20";

// A part of a photograph, blurred: y.png. Returns what of the part y shows.
RawPicture write_blurred(const ToolBench& bench) {
  const auto photo = read_raw(RESTORE_SOURCE_DIR "/data/samples/colosseum.jpg");
  const auto truth = crop(photo, 100, 100, 240, 220);
  write_raw(bench / "truth.png", truth);
  bench.run_well({"restore-degrade", "truth.png", "--operator",
                  std::string("blur(") + kKernel + ", boundary=unknown)", "--noise", "0.01", "-o",
                  "y.png"});
  const auto y = read_raw(bench / "y.png");
  return crop(truth, (truth.width - y.width) / 2, (truth.height - y.height) / 2, y.width, y.height);
}

Words deblur(const Words& more) {
  Words words{"restore-deblur", "y.png", "--noise", "0.01", "--prior", "tv"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_shaken_photograph_gets_sharper) {
  const ToolBench bench;
  const auto truth = write_blurred(bench);
  const auto told = bench.run_well(
      deblur({"--blind", "--blind-size", "19", "--save-psf", "psf.txt", "-o", "x.png", "--json"}));
  BOOST_TEST(Json::parse(told.out).at("remark").get<std::string>().starts_with("kernel "));
  const auto y = read_raw(bench / "y.png"), x = read_raw(bench / "x.png");
  BOOST_TEST_MESSAGE(psnr_between(truth, y) << " -> " << psnr_between(truth, x));
  // A third of what was reached.
  BOOST_TEST(psnr_between(truth, x) > psnr_between(truth, y) + 1.2);

  // What was found is a kernel for --psf; threads change nothing.
  bench.run_well(deblur({"--psf", "psf.txt", "-o", "known.png"}));
  BOOST_TEST((read_raw(bench / "known.png").samples == x.samples));
  bench.run_well(deblur({"--blind", "--blind-size", "19", "-j", "1", "-o", "alone.png"}));
  BOOST_TEST((read_raw(bench / "alone.png").samples == x.samples));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_found_is_refused) {
  const ToolBench bench;
  bench.check_refusal({"restore-deblur", "photo.png", "--blind", "-o", "x.png"},
                      ExitCode::some_failed, {"photo.png", "too few", "31 x 31"});
  bench.check_refusal({"restore-deblur", "photo.png", "--blind", "--psf", "disk:2", "-o", "x.png"},
                      ExitCode::usage, {"--blind", "--psf"});
  bench.check_refusal(
      {"restore-deblur", "photo.png", "--blind", "--blind-size", "8", "-o", "x.png"},
      ExitCode::usage, {"--blind-size 8", "odd"});
  bench.check_refusal({"restore-deblur", "photo.png", "--save-psf", "p.txt", "-o", "x.png"},
                      ExitCode::usage, {"--blind"});
  write_bytes(bench / "psf.txt", "mine");
  bench.check_refusal({"restore-deblur", "photo.png", "--blind", "--blind-size", "9", "--save-psf",
                       "psf.txt", "-o", "x.png"},
                      ExitCode::usage, {"psf.txt", "--overwrite"});
  bench.check_refusal({"restore-deblur", "photo.png", "--blind", "--blind-size", "9", "--save-psf",
                       "psf.png", "-o", "x.png"},
                      ExitCode::usage, {"psf.png", "text"});
}

}  // namespace restore::testing
