// What is there is kept, unless the user says otherwise.
#include <boost/test/unit_test.hpp>

#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

BOOST_AUTO_TEST_CASE(an_output_that_exists_is_refused_with_the_way_out) {
  const ToolBench bench;
  write_bytes(bench / "out/a.png", "precious");
  for (const auto& call : single_picture_calls("photo.png", "out/a.png"))
    bench.check_refusal(call, ExitCode::usage, {"out/a.png", "--overwrite"});
}

BOOST_AUTO_TEST_CASE(two_inputs_for_one_output_are_refused) {
  const ToolBench bench;
  std::filesystem::create_directory(bench / "other");
  std::filesystem::copy_file(bench / "photo.png", bench / "other/photo.png");
  bench.check_refusal(
      {"restore-degrade", "photo.png", "other/photo.png", "--operator", "identity", "-o", "out"},
      ExitCode::usage, {"photo.png"});
}

}  // namespace
}  // namespace restore::testing
