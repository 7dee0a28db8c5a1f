// Nothing to work on.
#include <boost/test/unit_test.hpp>

#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

BOOST_AUTO_TEST_CASE(a_call_without_input_is_wrong) {
  const ToolBench bench;
  for (auto call : single_picture_calls("photo.png", "out/a.png")) {
    call.erase(call.begin() + 1);
    bench.check_refusal(call, ExitCode::usage, {"INPUT"});
  }
}

BOOST_AUTO_TEST_CASE(a_call_without_output_is_wrong) {
  const ToolBench bench;
  for (auto call : single_picture_calls("photo.png", "out/a.png")) {
    call.resize(call.size() - 2);
    bench.check_refusal(call, ExitCode::usage, {"-o"});
  }
}

BOOST_AUTO_TEST_CASE(a_folder_without_pictures_is_no_usable_input) {
  const ToolBench bench;
  std::filesystem::create_directory(bench / "letters");
  write_bytes(bench / "letters/note.txt", "no picture");
  for (const auto& call : single_picture_calls("letters", "out"))
    bench.check_refusal(call, ExitCode::no_input, {"letters"});
}

}  // namespace
}  // namespace restore::testing
