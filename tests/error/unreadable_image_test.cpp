// An input that is no picture: an item that failed, named, and nothing written.
#include <boost/test/unit_test.hpp>

#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

BOOST_AUTO_TEST_CASE(text_under_a_pictures_name) {
  const ToolBench bench;
  for (const std::string name : {"text.png", "text.jpg", "text.tif", "text.exr", "text.webp"}) {
    write_bytes(bench / name, "Dear diary, today I was taken for a picture.\n");
    bench.check_refusal(single_picture_calls(name, "out/result.png").front(), ExitCode::some_failed,
                        {name});
  }
}

BOOST_AUTO_TEST_CASE(every_tool_names_it) {
  const ToolBench bench;
  write_bytes(bench / "text.png", "no picture");
  for (const auto& call : single_picture_calls("text.png", "out/result.png"))
    bench.check_refusal(call, ExitCode::some_failed, {"text.png"});
}

BOOST_AUTO_TEST_CASE(a_mask_that_is_no_picture) {
  const ToolBench bench;
  write_bytes(bench / "text.png", "no picture");
  bench.check_refusal({"restore-inpaint", "photo.png", "--mask", "text.png", "-o", "out/a.png"},
                      ExitCode::some_failed, {"text.png"});
}

}  // namespace
}  // namespace restore::testing
