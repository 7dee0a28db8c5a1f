// The tests' own way to run a program: what it reports must be what happened.
#include "tests/support/process.h"

#include <system_error>

#include <boost/test/unit_test.hpp>

#include "tests/support/temporary_folder.h"

namespace restore::testing {
namespace {

ProcessResult shell(const std::string& script, const ProcessOptions& options = {}) {
  return run_process({"sh", "-c", script}, options);
}

BOOST_AUTO_TEST_CASE(streams_and_exit_code_are_kept_apart) {
  const auto result = shell("echo out; echo err >&2; exit 7");
  BOOST_TEST(result.exit_code == 7);
  BOOST_TEST(result.out == "out\n");
  BOOST_TEST(result.err == "err\n");
  BOOST_TEST(!result.timed_out);
}

BOOST_AUTO_TEST_CASE(more_output_than_a_pipe_holds_is_read) {
  const auto result = shell("head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2");
  BOOST_TEST(result.out.size() == 1000000U);
  BOOST_TEST(result.err.size() == 1000000U);
}

BOOST_AUTO_TEST_CASE(arguments_arrive_as_they_are) {
  const auto result = run_process({"printf", "%s|", "a b", "", "*"});
  BOOST_TEST(result.out == "a b||*|");
}

BOOST_AUTO_TEST_CASE(environment_and_folder_are_the_childs) {
  const TemporaryFolder folder;
  const auto result = shell("echo $RESTORE_PROBE; pwd",
                            {.environment = {"RESTORE_PROBE=yes"}, .folder = folder.path()});
  BOOST_TEST(result.out == "yes\n" + folder.path().string() + "\n");
}

BOOST_AUTO_TEST_CASE(a_signal_is_128_and_its_number) {
  BOOST_TEST(shell("kill -TERM $$").exit_code == 128 + 15);
}

BOOST_AUTO_TEST_CASE(a_program_that_hangs_is_killed_with_its_children) {
  const auto result = shell("sleep 60 & sleep 60", {.timeout = std::chrono::seconds(1)});
  BOOST_TEST(result.timed_out);
  BOOST_TEST(result.exit_code == 128 + 9);
}

BOOST_AUTO_TEST_CASE(a_program_that_is_not_there_throws) {
  BOOST_CHECK_THROW(run_process({"/no/such/program"}), std::system_error);
}

BOOST_AUTO_TEST_CASE(lines_have_no_empty_tail) {
  const std::vector<std::string> expected{"a", "", "b"};
  BOOST_TEST(lines_of("a\n\nb\n") == expected, boost::test_tools::per_element());
  BOOST_TEST(lines_of("a\n\nb") == expected, boost::test_tools::per_element());
  BOOST_TEST(lines_of("").empty());
}

}  // namespace
}  // namespace restore::testing
