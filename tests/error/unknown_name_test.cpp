// Names that nobody knows: exit code 2, and the message offers what there is.
#include <boost/test/unit_test.hpp>

#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

BOOST_AUTO_TEST_CASE(unknown_priors_methods_and_parameters_are_refused) {
  const ToolBench bench;
  for (const auto& call : single_picture_calls("photo.png", "out/a.png")) {
    if (call[0] == "restore-degrade") continue;
    const std::string method = call[0] == "restore-pnp" ? "--solver" : "--method";
    bench.check_refusal(with(call, {"--prior", "nonsense"}), ExitCode::usage, {"nonsense", "tv"});
    bench.check_refusal(with(call, {method, "nonsense"}), ExitCode::usage, {"nonsense", "hqs"});
    bench.check_refusal(with(call, {"--param", "nonsense=1"}), ExitCode::usage, {"nonsense"});
  }
}

BOOST_AUTO_TEST_CASE(a_prior_file_that_is_not_there_is_refused) {
  const ToolBench bench;
  bench.check_refusal(with(single_picture_calls("photo.png", "out/a.png").front(),
                           {"--prior", "nowhere.safetensors"}),
                      ExitCode::usage, {"nowhere.safetensors"});
}

BOOST_AUTO_TEST_CASE(unknown_flags_are_refused) {
  const ToolBench bench;
  for (const auto& call : single_picture_calls("photo.png", "out/a.png"))
    bench.check_refusal(with(call, {"--nonsense"}), ExitCode::usage, {"--nonsense", "--help"});
}

BOOST_AUTO_TEST_CASE(an_operator_is_refused_with_its_column) {
  const ToolBench bench;
  for (const std::string tool : {"restore-pnp", "restore-degrade"}) {
    bench.check_refusal({tool, "photo.png", "--operator", "nonsense(3)", "-o", "out/a.png"},
                        ExitCode::usage, {"nonsense", "blur"});
    bench.check_refusal({tool, "photo.png", "--operator", "identity | blur(", "-o", "out/a.png"},
                        ExitCode::usage, {"column"});
  }
}

BOOST_AUTO_TEST_CASE(a_value_out_of_range_is_refused) {
  const ToolBench bench;
  bench.check_refusal({"restore-upscale", "photo.png", "-s", "0", "-o", "out/a.png"},
                      ExitCode::usage, {"0"});
  bench.check_refusal({"restore-upscale", "photo.png", "-s", "0.5", "-o", "out/a.png"},
                      ExitCode::usage, {"0.5"});
  bench.check_refusal(
      {"restore-deblur", "photo.png", "--psf", "gaussian:1", "-j", "-3", "-o", "out/a.png"},
      ExitCode::usage, {"-3"});
}

}  // namespace
}  // namespace restore::testing
