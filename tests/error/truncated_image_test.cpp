// A file whose end is missing, as a broken download leaves it: it never passes for a whole picture.
#include <boost/test/unit_test.hpp>

#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

struct Format {
  const char* name;
  SampleType type;
};

BOOST_AUTO_TEST_CASE(half_a_file_is_refused_in_every_format) {
  const ToolBench bench;
  for (const auto& [name, type] :
       {Format{"half.png", SampleType::uint8}, Format{"half.jpg", SampleType::uint8},
        Format{"half.tif", SampleType::uint16}, Format{"half.webp", SampleType::uint8},
        Format{"half.exr", SampleType::half}}) {
    write_raw(bench / name, example_picture(96, 80, 3, type));
    const auto bytes = read_bytes(bench / name);
    write_bytes(bench / name, bytes.substr(0, bytes.size() / 2));
    bench.check_refusal(single_picture_calls(name, "out/result.png").back(), ExitCode::some_failed,
                        {name});
  }
}

BOOST_AUTO_TEST_CASE(every_tool_refuses_it) {
  const ToolBench bench;
  const auto bytes = read_bytes(bench / "photo.png");
  write_bytes(bench / "half.png", bytes.substr(0, bytes.size() / 2));
  for (const auto& call : single_picture_calls("half.png", "out/result.png"))
    bench.check_refusal(call, ExitCode::some_failed, {"half.png"});
}

// The last rows only: what a lenient decoder would fill with grey.
BOOST_AUTO_TEST_CASE(a_jpeg_without_its_last_tenth_is_refused) {
  const ToolBench bench;
  write_raw(bench / "most.jpg", example_picture(96, 80));
  const auto bytes = read_bytes(bench / "most.jpg");
  write_bytes(bench / "most.jpg", bytes.substr(0, bytes.size() - bytes.size() / 10));
  bench.check_refusal(single_picture_calls("most.jpg", "out/result.png").back(),
                      ExitCode::some_failed, {"most.jpg"});
}

}  // namespace
}  // namespace restore::testing
