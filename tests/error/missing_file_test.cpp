// An input that is not there.
#include <boost/test/unit_test.hpp>

#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

BOOST_AUTO_TEST_CASE(a_missing_picture_is_no_usable_input) {
  const ToolBench bench;
  for (const auto& call : single_picture_calls("nowhere.png", "out/result.png"))
    bench.check_refusal(call, ExitCode::no_input, {"nowhere.png"});
}

BOOST_AUTO_TEST_CASE(a_missing_mask_is_a_wrong_call) {
  const ToolBench bench;
  bench.check_refusal({"restore-inpaint", "photo.png", "--mask", "nowhere.png", "-o", "out/a.png"},
                      ExitCode::usage, {"nowhere.png"});
}

BOOST_AUTO_TEST_CASE(a_missing_kernel_file_is_a_wrong_call) {
  const ToolBench bench;
  bench.check_refusal({"restore-deblur", "photo.png", "--psf", "nowhere.png", "-o", "out/a.png"},
                      ExitCode::usage, {"nowhere.png"});
}

BOOST_AUTO_TEST_CASE(a_name_cannot_command_the_terminal) {
  const ToolBench bench;
  bench.check_refusal(
      {"restore-degrade", "\x1b[2J.png", "--operator", "identity", "-o", "out/a.png"},
      ExitCode::no_input, {": \\x1b[2J.png: "});
}

BOOST_AUTO_TEST_CASE(a_missing_picture_does_not_stop_the_others) {
  const ToolBench bench;
  const auto result = bench.run({"restore-degrade", "nowhere.png", "photo.png", "--operator",
                                 "identity", "--noise", "0", "-o", "out/"});
  BOOST_TEST(result.exit_code == static_cast<int>(ExitCode::some_failed));
  BOOST_TEST(lines_of(result.err).size() == 1U, result.err);
  BOOST_TEST(result.err.find("nowhere.png") != std::string::npos, result.err);
  BOOST_TEST(std::filesystem::exists(bench / "out/photo.png"));
}

}  // namespace
}  // namespace restore::testing
