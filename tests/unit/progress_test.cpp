#include "librestore/core/progress.h"

#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/core/json.h"

namespace restore {
namespace {

// What a progress of this style writes while `use` drives it.
std::string written(ProgressStyle style, bool terminal, bool colour,
                    const std::function<void(Progress&)>& use) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* stream = open_memstream(&text, &size);
  BOOST_REQUIRE(stream != nullptr);
  use(*make_progress(style, {stream, terminal, colour}));
  std::fclose(stream);
  std::string result(text, size);
  std::free(text);
  return result;
}

void two_items(Progress& progress) {
  progress.begin("inpaint", 2);
  progress.step("a.png", 0.5);
  progress.item_done("a.png", true);
  progress.message("b.png: truncated PNG");
  progress.item_done("b.png", false);
  progress.end();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0, end; begin < text.size(); begin = end + 1) {
    end = text.find('\n', begin);
    BOOST_REQUIRE(end != std::string::npos);
    lines.push_back(text.substr(begin, end - begin));
  }
  return lines;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

BOOST_AUTO_TEST_CASE(style_names) {
  BOOST_TEST((parse_progress_style("auto") == ProgressStyle::automatic));
  BOOST_TEST((parse_progress_style("plain") == ProgressStyle::plain));
  BOOST_TEST((parse_progress_style("json") == ProgressStyle::json));
  BOOST_TEST((parse_progress_style("none") == ProgressStyle::none));
  BOOST_CHECK_EXCEPTION(parse_progress_style("bar"), Error, [](const Error& error) {
    return error.code() == ExitCode::usage && contains(error.what(), "'bar'");
  });
}

BOOST_AUTO_TEST_CASE(plain_lines) {
  std::vector<std::string> lines = lines_of(written(ProgressStyle::plain, true, true, two_items));
  BOOST_REQUIRE(!lines.empty());
  const std::string end = lines.back();
  lines.pop_back();
  const std::vector<std::string> expected{"inpaint: 2 to do", "inpaint: a.png at 50 %",
                                          "inpaint: 1/2 a.png", "b.png: truncated PNG",
                                          "inpaint: 2/2 b.png failed"};
  BOOST_TEST(lines == expected, boost::test_tools::per_element());
  BOOST_TEST(end.starts_with("inpaint: 1 of 2 done in "));
  BOOST_TEST(end.ends_with(", 1 failed"));
}

BOOST_AUTO_TEST_CASE(a_single_item_that_is_quick_says_nothing) {
  const auto one_item = [](bool ok) {
    return written(ProgressStyle::plain, false, false, [ok](Progress& progress) {
      progress.begin("inpaint", 1);
      progress.step("a.png", 0.5);
      progress.item_done("a.png", ok);
      progress.end();
    });
  };
  BOOST_TEST(one_item(true).empty());
  BOOST_TEST(one_item(false).empty());
}

BOOST_AUTO_TEST_CASE(plain_lines_are_limited_but_failures_are_not) {
  const std::string text = written(ProgressStyle::plain, false, false, [](Progress& progress) {
    progress.begin("pnp", 1000);
    for (int i = 0; i < 1000; ++i) progress.item_done(std::to_string(i), i % 100 != 50);
    progress.end();
  });
  const std::vector<std::string> lines = lines_of(text);
  // Begin, the first, ten failures, the last, the end: the thousand calls take far under a second,
  // though a loaded machine may fit in a few more lines.
  BOOST_TEST(lines.size() >= 14u);
  BOOST_TEST(lines.size() < 40u);
  for (int failed = 50; failed < 1000; failed += 100)
    BOOST_TEST(contains(text, fmt::format(" {} failed\n", failed)));
}

BOOST_AUTO_TEST_CASE(a_log_gets_no_bar) {
  const std::string text = written(ProgressStyle::automatic, false, false, two_items);
  BOOST_TEST(text == written(ProgressStyle::plain, false, false, two_items));
  BOOST_TEST(!contains(text, "\r"));
  BOOST_TEST(!contains(text, "\x1b"));
}

BOOST_AUTO_TEST_CASE(a_terminal_gets_a_bar) {
  const std::string text = written(ProgressStyle::automatic, true, false, two_items);
  BOOST_TEST(contains(text, "inpaint [..............................] 0/2 0 %"));
  BOOST_TEST(contains(text, "inpaint [#######.......................] 0/2 25 %"));
  BOOST_TEST(contains(text, "2/2 100 %, 1 failed"));
  // The message has a line of its own, the bar is gone at the end.
  BOOST_TEST(contains(text, "\r\x1b[Kb.png: truncated PNG\n"));
  BOOST_TEST(text.ends_with("\r\x1b[K"));
}

BOOST_AUTO_TEST_CASE(colour_is_a_choice) {
  BOOST_TEST(contains(written(ProgressStyle::automatic, true, true, two_items), "\x1b[32m"));
  BOOST_TEST(!contains(written(ProgressStyle::automatic, true, false, two_items), "\x1b[3"));
}

BOOST_AUTO_TEST_CASE(json_lines) {
  const std::vector<std::string> lines =
      lines_of(written(ProgressStyle::json, false, false, two_items));
  std::vector<std::string> events;
  for (const std::string& line : lines) events.push_back(Json::parse(line).at("event"));
  const std::vector<std::string> expected{"begin", "step", "item", "message", "item", "end"};
  BOOST_TEST(events == expected, boost::test_tools::per_element());
  BOOST_TEST(Json::parse(lines[1]).at("fraction") == 0.5);
  BOOST_TEST(Json::parse(lines[4]).at("ok") == false);
  BOOST_TEST(Json::parse(lines[5]).at("failed") == 1);
}

BOOST_AUTO_TEST_CASE(names_that_are_not_utf8_stay_json) {
  const std::string text = written(ProgressStyle::json, false, false, [](Progress& progress) {
    progress.begin("pnp", 1);
    progress.item_done("caf\xe9.png", true);
  });
  for (const std::string& line : lines_of(text)) BOOST_CHECK_NO_THROW(Json::parse(line));
}

BOOST_AUTO_TEST_CASE(a_name_cannot_command_the_terminal) {
  const auto use = [](Progress& progress) {
    progress.begin("pnp", 2);
    progress.step("\x1b]0;owned\x07.png", 0.5);
    progress.item_done("a\nb.png", true);
    progress.message("c\x7f\xc2\x9b.png: truncated PNG");
    progress.item_done("caf\xc3\xa9.png", false);
    progress.end();
  };
  const auto lines = lines_of(written(ProgressStyle::plain, false, false, use));
  BOOST_TEST_REQUIRE(lines.size() == 6u);
  BOOST_TEST(lines[1] == "pnp: \\x1b]0;owned\\x07.png at 50 %");
  BOOST_TEST(lines[2] == "pnp: 1/2 a\\x0ab.png");
  BOOST_TEST(lines[3] == "c\\x7f\\x9b.png: truncated PNG");
  BOOST_TEST(lines[4] == "pnp: 2/2 caf\xc3\xa9.png failed");
  const auto json = lines_of(written(ProgressStyle::json, false, false, use));
  BOOST_TEST(Json::parse(json[2]).at("name") == "a\nb.png");
}

BOOST_AUTO_TEST_CASE(silence_still_carries_messages) {
  BOOST_TEST(written(ProgressStyle::none, true, true, two_items) == "b.png: truncated PNG\n");
}

BOOST_AUTO_TEST_CASE(results_are_written_beside_the_bar) {
  bool printed = false;
  const std::string text = written(ProgressStyle::automatic, true, false, [&](Progress& progress) {
    progress.begin("pnp", 2);
    progress.aside([&] { printed = true; });
    progress.end();
  });
  BOOST_TEST(printed);
  // Drawn, hidden, drawn again, hidden.
  BOOST_TEST(contains(text, "0 %\r\x1b[K\r\x1b[Kpnp ["));
}

BOOST_AUTO_TEST_CASE(threads_may_share_it) {
  const std::string text = written(ProgressStyle::json, false, false, [](Progress& progress) {
    progress.begin("pnp", 400);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&progress, t] {
        for (int i = 0; i < 100; ++i) {
          progress.step(std::to_string(t), i / 100.0);
          progress.item_done(std::to_string(t), true);
        }
      });
    for (std::thread& thread : threads) thread.join();
    progress.end();
  });
  const std::vector<std::string> lines = lines_of(text);
  for (const std::string& line : lines) BOOST_CHECK_NO_THROW(Json::parse(line));
  BOOST_TEST(Json::parse(lines.back()).at("done") == 400);
}

}  // namespace
}  // namespace restore
