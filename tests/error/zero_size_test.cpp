// Files without a byte, and pictures without a pixel.
#include <boost/test/unit_test.hpp>

#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

// A PNG begins with an 8-byte signature, then the IHDR chunk: length, name, width, height.
constexpr std::size_t kWidthInPng = 16;

BOOST_AUTO_TEST_CASE(an_empty_file_is_refused) {
  const ToolBench bench;
  write_bytes(bench / "empty.png", "");
  for (const auto& call : single_picture_calls("empty.png", "out/result.png"))
    bench.check_refusal(call, ExitCode::some_failed, {"empty.png"});
}

BOOST_AUTO_TEST_CASE(a_picture_of_no_width_is_refused) {
  const ToolBench bench;
  auto bytes = read_bytes(bench / "photo.png");
  bytes.replace(kWidthInPng, 4, std::string(4, '\0'));
  write_bytes(bench / "flat.png", bytes);
  bench.check_refusal(single_picture_calls("flat.png", "out/result.png").back(),
                      ExitCode::some_failed, {"flat.png"});
}

}  // namespace
}  // namespace restore::testing
