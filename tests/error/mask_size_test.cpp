// A mask of another size than its picture.
#include <boost/test/unit_test.hpp>

#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

BOOST_AUTO_TEST_CASE(both_sizes_are_named) {
  const ToolBench bench;
  const auto everywhere = [](int, int) { return true; };
  write_raw(bench / "wide.png", example_mask(49, 40, everywhere));
  write_raw(bench / "turned.png", example_mask(40, 48, everywhere));
  bench.check_refusal({"restore-inpaint", "photo.png", "--mask", "wide.png", "-o", "out/a.png"},
                      ExitCode::some_failed, {"wide.png", "49x40", "48x40"});
  bench.check_refusal({"restore-inpaint", "photo.png", "--mask", "turned.png", "-o", "out/a.png"},
                      ExitCode::some_failed, {"turned.png", "40x48", "48x40"});
}

// As large as its picture may be, and no larger.
BOOST_AUTO_TEST_CASE(a_mask_has_no_more_pixels_than_a_picture_may) {
  const ToolBench bench;
  write_raw(bench / "large.png", example_mask(64, 40, [](int, int) { return true; }));
  bench.check_refusal({"restore-inpaint", "photo.png", "--mask", "large.png", "--max-pixels",
                       "2000", "-o", "out/a.png"},
                      ExitCode::some_failed, {"large.png", "--max-pixels"});
}

// The operator's mask is part of the call: it cannot fit any picture of this size.
BOOST_AUTO_TEST_CASE(an_operators_mask_must_fit_too) {
  const ToolBench bench;
  write_raw(bench / "wide.png", example_mask(49, 40, [](int, int) { return true; }));
  const auto result =
      bench.run({"restore-pnp", "photo.png", "--operator", "mask(wide.png)", "-o", "out/a.png"});
  BOOST_TEST(result.exit_code != 0);
  BOOST_TEST(lines_of(result.err).size() == 1U, result.err);
  BOOST_TEST(result.err.find("wide.png") != std::string::npos, result.err);
  BOOST_TEST(std::filesystem::is_empty(bench / "out"));
}

}  // namespace
}  // namespace restore::testing
