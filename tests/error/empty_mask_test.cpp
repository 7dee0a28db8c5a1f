// A mask that asks for nothing, which is nearly always a mask that was meant the other way round.
#include <boost/test/unit_test.hpp>

#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

BOOST_AUTO_TEST_CASE(a_black_mask_is_refused) {
  const ToolBench bench;
  write_raw(bench / "black.png", example_mask(48, 40, [](int, int) { return false; }));
  bench.check_refusal({"restore-inpaint", "photo.png", "--mask", "black.png", "-o", "out/a.png"},
                      ExitCode::some_failed, {"black.png", "empty", "--mask-invert"});
}

BOOST_AUTO_TEST_CASE(a_white_mask_inverted_is_refused) {
  const ToolBench bench;
  write_raw(bench / "white.png", example_mask(48, 40, [](int, int) { return true; }));
  bench.check_refusal(
      {"restore-inpaint", "photo.png", "--mask", "white.png", "--mask-invert", "-o", "out/a.png"},
      ExitCode::some_failed, {"white.png", "empty"});
}

BOOST_AUTO_TEST_CASE(a_folder_without_the_pictures_mask_is_refused) {
  const ToolBench bench;
  std::filesystem::create_directory(bench / "masks");
  bench.check_refusal({"restore-inpaint", "photo.png", "--mask", "masks", "-o", "out/a.png"},
                      ExitCode::some_failed, {"photo", "masks"});
}

}  // namespace
}  // namespace restore::testing
