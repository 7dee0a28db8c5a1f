// The original is never written over, whatever name it goes by and whatever flags are given.
#include <boost/test/unit_test.hpp>

#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

namespace fs = std::filesystem;

BOOST_AUTO_TEST_CASE(the_same_path_is_refused_by_every_tool) {
  const ToolBench bench;
  for (auto call : single_picture_calls("photo.png", "photo.png")) {
    call.push_back("--overwrite");
    bench.check_refusal(call, ExitCode::usage, {"photo.png"});
  }
}

BOOST_AUTO_TEST_CASE(the_same_file_by_another_name_is_refused) {
  const ToolBench bench;
  fs::create_symlink(bench / "photo.png", bench / "soft.png");
  fs::create_hard_link(bench / "photo.png", bench / "hard.png");
  fs::create_directory_symlink(bench.path(), bench / "here");
  for (const std::string output :
       {"./photo.png", "out/../photo.png", "soft.png", "hard.png", "here/photo.png"}) {
    auto call = single_picture_calls("photo.png", output).back();
    call.push_back("--overwrite");
    bench.check_refusal(call, ExitCode::usage, {});
  }
}

BOOST_AUTO_TEST_CASE(the_inputs_own_folder_is_refused) {
  const ToolBench bench;
  auto call = single_picture_calls("photo.png", ".").back();
  call.push_back("--overwrite");
  bench.check_refusal(call, ExitCode::usage, {"photo.png"});
}

}  // namespace
}  // namespace restore::testing
