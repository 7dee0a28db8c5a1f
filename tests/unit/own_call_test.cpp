// Calls are printed as a shell reads them back.
#include "tools/batch/own_call.h"

#include <boost/test/unit_test.hpp>

#include "tests/support/process.h"

using namespace restore;

BOOST_AUTO_TEST_CASE(a_shell_reads_back_what_was_meant) {
  const std::vector<std::string> words{"plain-1.6,x=y:z%",
                                       "",
                                       " ",
                                       "a b",
                                       "it's",
                                       "\"$HOME\"",
                                       "`id`",
                                       "a{1,2}.png",
                                       "*.cpp",
                                       "~",
                                       "#",
                                       "!!",
                                       "a;b&c",
                                       "<(x)",
                                       "[ab]?",
                                       "a\\b",
                                       "new\nline"};
  for (const std::string shell : {"sh", "bash"}) {
    const auto result =
        testing::run_process({shell, "-c", "printf '%s\\0' " + shell_line(words)}, {});
    std::string expected;
    for (const auto& word : words) expected += word + '\0';
    BOOST_TEST(result.out == expected, shell);
  }
  BOOST_TEST(shell_word("photo-1.png") == "photo-1.png");
}
