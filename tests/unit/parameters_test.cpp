#include "librestore/core/parameters.h"

#include <string>

#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"

namespace restore {
namespace {

struct Options {
  double lambda = 0.05;
  int iterations = 24;
  bool restart = false;
};

Parameters<Options> parameters() {
  return {
      {{"lambda", "[0,1]", 0, 1, "weight of the prior"}, &Options::lambda},
      {{"iterations", "", 1, 1000, "most steps"}, &Options::iterations},
      {{"restart", "", 0, 1, "restart the momentum"}, &Options::restart},
  };
}

// The message of the usage error that `call` must throw.
template <typename Call>
std::string usage_message(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    BOOST_TEST((error.code() == ExitCode::usage));
    return error.what();
  }
  BOOST_ERROR("no error was thrown");
  return "";
}

std::string set_message(const char* name, const char* value) {
  Options options;
  return usage_message([&] { set_parameter(parameters(), options, name, value); });
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

BOOST_AUTO_TEST_CASE(numbers_as_people_write_them) {
  BOOST_TEST(parse_number("0.05", "--noise") == 0.05);
  BOOST_TEST(parse_number("1e-3", "--noise") == 1e-3);
  BOOST_TEST(parse_number("-2", "--noise") == -2.0);
  BOOST_TEST(parse_number("12.75/255", "--noise") == 0.05);
  BOOST_TEST(parse_number(".5", "--noise") == 0.5);
}

BOOST_AUTO_TEST_CASE(what_is_not_a_number_is_named) {
  for (const char* text : {"", "abc", "0.05x", " 1", "1,5", "1/", "/2", "1/2/3", "nan", "inf",
                           "1e999", "0x10", "--1"}) {
    const std::string message = usage_message([&] { parse_number(text, "--noise"); });
    BOOST_TEST(contains(message, "--noise"), message);
    BOOST_TEST(contains(message, fmt::format("'{}'", text)), message);
  }
  BOOST_TEST(contains(usage_message([] { parse_number("1/0", "--noise"); }), "'1/0'"));
}

BOOST_AUTO_TEST_CASE(fields_are_set_by_name) {
  Options options;
  set_parameter(parameters(), options, "lambda", "51/255");
  set_parameter(parameters(), options, "iterations", "7");
  set_parameter(parameters(), options, "restart", "true");
  BOOST_TEST(options.lambda == 0.2);
  BOOST_TEST(options.iterations == 7);
  BOOST_TEST(options.restart);
  set_parameter(parameters(), options, "restart", "false");
  BOOST_TEST(!options.restart);
}

BOOST_AUTO_TEST_CASE(misuse_is_explained) {
  BOOST_TEST(set_message("lamda", "1") ==
             "there is no parameter 'lamda'; known: lambda, iterations, restart");
  BOOST_TEST(set_message("lambda", "2") == "lambda: 2 is out of range (0 to 1 [0,1])");
  BOOST_TEST(set_message("iterations", "0") == "iterations: 0 is out of range (1 to 1000)");
  BOOST_TEST(set_message("iterations", "2.5") == "iterations: 2.5 is not a whole number");
  BOOST_TEST(set_message("restart", "0.5") == "restart: 0.5 is not a whole number");
  BOOST_TEST(contains(set_message("lambda", "much"), "lambda: 'much' is not a number"));
  BOOST_TEST(usage_message([] { throw_unknown_parameter("steps", {}); }) ==
             "there is no parameter 'steps'; none can be set here");
}

BOOST_AUTO_TEST_CASE(ranges_without_an_end) {
  const std::string at_least = usage_message([] {
    check_range({"sigma", "", 0, 1e30, "noise"}, -1);
  });
  BOOST_TEST(at_least == "sigma: -1 is out of range (from 0)");
  const std::string at_most = usage_message([] {
    check_range({"shift", "px", -1e30, 5, "shift"}, 6);
  });
  BOOST_TEST(at_most == "shift: 6 is out of range (up to 5 px)");
}

BOOST_AUTO_TEST_CASE(help_is_derived) {
  const std::vector<std::string> lines = describe_parameters(parameters());
  BOOST_REQUIRE(lines.size() == 3u);
  BOOST_TEST(lines[0] == "lambda             0.05  0 to 1 [0,1]       weight of the prior");
  BOOST_TEST(lines[1] == "iterations           24  1 to 1000          most steps");
}

}  // namespace
}  // namespace restore
