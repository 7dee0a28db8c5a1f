// What every tool owes: --help, --version, lists, and silence where silence is due.
#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

const Words kTools = {"restore-inpaint", "restore-upscale", "restore-deblur", "restore-pnp",
                      "restore-degrade", "restore-compare", "restore-sample"};

BOOST_AUTO_TEST_CASE(help_and_version_are_answers_not_errors) {
  for (const auto& tool : kTools) {
    const auto help = run_restore({tool, "--help"});
    BOOST_TEST(help.exit_code == 0);
    BOOST_TEST(help.err == "");
    BOOST_TEST(help.out.find(tool + " ") != std::string::npos, help.out);
    BOOST_TEST(help.out.find("Example") != std::string::npos, help.out);
    for (const auto& line : lines_of(help.out))
      BOOST_TEST(line.size() <= 100U, "too wide: " << line);
    const auto version = run_restore({tool, "--version"});
    BOOST_TEST(version.exit_code == 0);
    BOOST_TEST(version.out.starts_with(tool + " "), version.out);
    BOOST_TEST(lines_of(version.out).size() == 1U);
  }
}

// 0 is all cores to every tool that takes threads, and the last word counts.
BOOST_AUTO_TEST_CASE(threads_are_given_alike) {
  const ToolBench bench;
  for (const Words& call :
       {Words{"restore-compare", "photo.png", "photo.png"},
        Words{"restore-degrade", "photo.png", "--operator", "identity", "-o", "out/", "-n"},
        Words{"restore-sample", "--size", "8x8", "-o", "out", "-n"}}) {
    auto words = call;
    words.insert(words.end(), {"-j", "2", "-j", "0"});
    bench.run_well(words);
    words.back() = "-1";
    bench.check_refusal(words, ExitCode::usage, {"-1", "whole number"});
  }
  bench.check_refusal({"restore-train", "photo.png", "-o", "p.safetensors", "-j", "-1"},
                      ExitCode::usage, {"-1", "whole number"});
}

// Told once, where the option is made.
BOOST_AUTO_TEST_CASE(help_tells_the_defaults) {
  for (const auto& [tool, line] :
       std::vector<std::pair<std::string, std::string>>{{"restore-deblur", "(default 95)"},
                                                        {"restore-sample", "(default 0.005)"},
                                                        {"restore-train", "(default muon)"},
                                                        {"restore-pnp", "(default balanced)"}})
    BOOST_TEST(run_restore({tool, "--help"}).out.find(line) != std::string::npos, tool);
}

BOOST_AUTO_TEST_CASE(lists_need_no_input) {
  const auto priors = run_restore({"restore-deblur", "--list-priors"});
  BOOST_TEST(priors.exit_code == 0, priors.err);
  BOOST_TEST(priors.out.find("tv") != std::string::npos);
  const auto methods = run_restore({"restore-pnp", "--list-methods"});
  BOOST_TEST(methods.exit_code == 0, methods.err);
  for (const std::string name : {"hqs", "admm", "fista", "denoise"})
    BOOST_TEST(methods.out.find(name) != std::string::npos, methods.out);
  const auto operators = run_restore({"restore-degrade", "--list"});
  BOOST_TEST(operators.exit_code == 0, operators.err);
  for (const std::string name : {"blur", "downsample", "mask", "identity"})
    BOOST_TEST(operators.out.find(name) != std::string::npos, operators.out);
}

BOOST_AUTO_TEST_CASE(results_that_cannot_be_printed_are_a_failure) {
  const ToolBench bench;
  const auto into_full_device = [&](const std::string& call) {
    return run_process({"sh", "-c", RESTORE_TOOL_DIR "/" + call + " > /dev/full"},
                       {.folder = bench.path()});
  };
  // 1 is a verdict of restore-compare's: a picture is below --warn.
  constexpr int kUnreadable = 4;
  for (const auto& [call, code] : std::vector<std::pair<std::string, int>>{
           {"restore-compare photo.png photo.png", kUnreadable},
           {"restore-degrade photo.png --operator identity -o out/a.png -q --json --progress none",
            static_cast<int>(ExitCode::some_failed)}}) {
    const auto result = into_full_device(call);
    BOOST_TEST(result.exit_code == code, call);
    BOOST_TEST(lines_of(result.err).size() == 1U, result.err);
    BOOST_TEST(result.err.find("standard output") != std::string::npos, result.err);
  }
}

BOOST_AUTO_TEST_CASE(the_device_is_the_processor) {
  const ToolBench bench;
  const Words call = {"restore-degrade", "photo.png", "--operator", "identity", "-o", "out/"};
  const auto on = [&](Words words, const std::string& device) {
    words.insert(words.end(), {"--device", device});
    return words;
  };
  for (const auto& [device, why] :
       {std::pair{"cuda:1", "this build computes on the processor"}, {"cuda:x", "cuda[:N]"}})
    bench.check_refusal(on(call, device), ExitCode::usage,
                        {std::string("--device ") + device, why, "cpu"});
  for (const Words& other : {Words{"restore-sample", "--size", "8x8", "-o", "out"},
                             Words{"restore-train", "photo.png", "-o", "p.safetensors"}})
    bench.check_refusal(on(other, "cuda:0"), ExitCode::usage, {"--device cuda:0"});
  BOOST_TEST(
      bench.run({"restore-compare", "photo.png", "photo.png", "--device", "cuda"}).exit_code ==
      static_cast<int>(ExitCode::usage));
  bench.run_well(on(call, "cpu"));
  // It is no parameter of the result: what was done on one is done on the other.
  const auto again = on({call.begin(), call.end()}, "auto");
  Words skips = again;
  skips.emplace_back("--skip-existing");
  BOOST_TEST(bench.run_well(skips).out.find("done already") != std::string::npos);
}

// --json is for programs: nothing but objects on standard output, progress as objects too.
BOOST_AUTO_TEST_CASE(progress_goes_to_standard_error_in_the_style_asked_for) {
  const ToolBench bench;
  std::filesystem::create_directory(bench.path() / "roll");
  for (const std::string name : {"roll/one.png", "roll/two.png"})
    std::filesystem::copy_file(bench.path() / "photo.png", bench.path() / name);
  const auto degrade = [&](const std::string& style, const std::string& output) {
    return run_restore({"restore-degrade", "roll", "--operator", "identity", "-o", output,
                        "--progress", style, "--json"},
                       {.folder = bench.path()});
  };
  const auto plain = degrade("plain", "out/plain");
  BOOST_TEST(plain.exit_code == 0);
  BOOST_TEST(plain.err.find("two.png") != std::string::npos, plain.err);
  BOOST_TEST(plain.err.find('\x1b') == std::string::npos, "colours without a terminal");
  BOOST_TEST(lines_of(plain.out).size() == 2U, plain.out);
  const auto json = degrade("json", "out/json");
  for (const auto& line : lines_of(json.err)) BOOST_TEST(line.starts_with("{"), line);
  BOOST_TEST(!lines_of(json.err).empty());
  BOOST_TEST(degrade("fancy", "out/fancy").exit_code == static_cast<int>(ExitCode::usage));
}

}  // namespace
}  // namespace restore::testing
