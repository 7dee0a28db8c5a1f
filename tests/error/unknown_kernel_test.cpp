// A kernel that nobody knows: the call is wrong, and the message says which kernels there are.
#include <boost/test/unit_test.hpp>

#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

BOOST_AUTO_TEST_CASE(an_unknown_name_is_answered_with_the_known_ones) {
  const ToolBench bench;
  bench.check_refusal({"restore-deblur", "photo.png", "--psf", "gausian:1.6", "-o", "out/a.png"},
                      ExitCode::usage, {"gausian", "gaussian", "motion", "disk"});
  bench.check_refusal(
      {"restore-upscale", "photo.png", "-s", "2", "--kernel", "cubist", "-o", "out/a.png"},
      ExitCode::usage, {"cubist", "bicubic", "area"});
  bench.check_refusal(
      {"restore-degrade", "photo.png", "--operator", "blur(gausian:1.6)", "-o", "out/a.png"},
      ExitCode::usage, {"gausian", "gaussian"});
}

BOOST_AUTO_TEST_CASE(a_kernel_without_sense_is_refused) {
  const ToolBench bench;
  for (const std::string kernel :
       {"gaussian:-1", "gaussian:wide", "gaussian:nan", "disk:0", "motion:0,0", "gaussian:"})
    bench.check_refusal({"restore-deblur", "photo.png", "--psf", kernel, "-o", "out/a.png"},
                        ExitCode::usage, {kernel.substr(0, kernel.find(':'))});
}

}  // namespace
}  // namespace restore::testing
