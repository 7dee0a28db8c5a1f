// A noise level is a standard deviation.
#include <boost/test/unit_test.hpp>

#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

BOOST_AUTO_TEST_CASE(noise_below_zero_or_no_number_is_refused) {
  const ToolBench bench;
  for (const std::string noise : {"-0.1", "-5/255", "nan", "inf", "5/0", "loud"})
    bench.check_refusal({"restore-deblur", "photo.png", "--psf", "gaussian:1", "--noise=" + noise,
                         "-o", "out/a.png"},
                        ExitCode::usage, {"--noise"});
}

BOOST_AUTO_TEST_CASE(every_tool_refuses_it) {
  const ToolBench bench;
  for (auto call : single_picture_calls("photo.png", "out/a.png")) {
    if (call[0] == "restore-degrade")
      call = {"restore-degrade", "photo.png", "--operator", "identity", "-o", "out/a.png"};
    call.push_back("--noise=-0.1");
    bench.check_refusal(call, ExitCode::usage, {"--noise", "-0.1"});
  }
}

}  // namespace
}  // namespace restore::testing
