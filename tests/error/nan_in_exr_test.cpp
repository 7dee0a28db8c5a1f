// One value that is no number would spread over the whole result.
#include <limits>

#include <boost/test/unit_test.hpp>

#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

void write_with_one(double value, SampleType type, const std::filesystem::path& path) {
  auto picture = example_picture(48, 40, 3, type);
  picture.set_value(7, 11, 2, value);
  write_raw(path, picture);
}

BOOST_AUTO_TEST_CASE(nan_is_refused_by_every_tool) {
  const ToolBench bench;
  write_with_one(std::numeric_limits<double>::quiet_NaN(), SampleType::float32, bench / "nan.exr");
  for (const auto& call : single_picture_calls("nan.exr", "out/result.exr"))
    bench.check_refusal(call, ExitCode::some_failed, {"nan.exr", "NaN"});
}

BOOST_AUTO_TEST_CASE(nan_and_infinity_are_refused_in_half_and_float) {
  const ToolBench bench;
  const auto call = single_picture_calls("bad.exr", "out/result.exr").back();
  for (const auto type : {SampleType::half, SampleType::float32})
    for (const double value :
         {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
          -std::numeric_limits<double>::infinity()}) {
      write_with_one(value, type, bench / "bad.exr");
      bench.check_refusal(call, ExitCode::some_failed, {"bad.exr"});
    }
}

}  // namespace
}  // namespace restore::testing
