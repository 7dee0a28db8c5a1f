// Operator expressions: what they mean, and where a mistake is.
#include "operators/expression/expression.h"

#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/image/image_io.h"
#include "operators/factory.h"
#include "tests/support/temporary_folder.h"

namespace restore {
namespace {

using Kind = ExpressionValue::Kind;

std::vector<ExpressionCall> parse(const std::string& text) {
  return parse_expression(ExpressionSource(text));
}

BOOST_AUTO_TEST_CASE(the_grammar_in_one_line) {
  const auto calls =
      parse(R"(blur(gaussian:1.6, 25, boundary=circular)|  mask ( "a (1),b=c.png" ))");
  BOOST_TEST_REQUIRE(calls.size() == 2U);
  BOOST_TEST(calls[0].name == "blur");
  BOOST_TEST_REQUIRE(calls[0].arguments.size() == 2U);
  const auto& kernel = calls[0].arguments[0].value;
  BOOST_TEST((kernel.kind == Kind::spec));
  BOOST_TEST(kernel.head == "gaussian");
  BOOST_TEST((kernel.numbers == std::vector<double>{1.6, 25}));
  BOOST_TEST(kernel.column == 6U);
  BOOST_TEST(calls[0].arguments[1].key == "boundary");
  BOOST_TEST(calls[0].arguments[1].value.text == "circular");
  BOOST_TEST(calls[1].column == 45U);
  BOOST_TEST((calls[1].arguments[0].value.kind == Kind::quoted));
  BOOST_TEST(calls[1].arguments[0].value.text == "a (1),b=c.png");
}

BOOST_AUTO_TEST_CASE(numbers_words_and_paths) {
  const auto value = [](const std::string& text) { return parse_value(ExpressionSource(text)); };
  BOOST_TEST((value("12.75/255").kind == Kind::number));
  BOOST_TEST(value("12.75/255").number == 12.75 / 255);
  BOOST_TEST((value("kernels/k1.txt").kind == Kind::word));
  BOOST_TEST((value("4x.png").kind == Kind::word));
  BOOST_TEST((value("motion:15,-30").numbers == std::vector<double>{15, -30}));
  // A number after a spec belongs to it, one with a key does not.
  const auto call = parse("mask(random:0.5, seed=3)")[0];
  BOOST_TEST(call.arguments.size() == 2U);
  BOOST_TEST(call.arguments[1].value.number == 3);
}

// The error of building `text`, which must be a usage error in one line that quotes it.
std::string complaint(const std::string& text, const Shape& shape = {3, 20, 30}) {
  try {
    build_operator(text, {shape, false});
  } catch (const Error& error) {
    const std::string message = error.what();
    BOOST_TEST((error.code() == ExitCode::usage));
    BOOST_TEST(message.starts_with("operator \"" + text + "\", column "), message);
    BOOST_TEST(message.find('\n') == std::string::npos, message);
    return message;
  }
  return "no complaint about " + text;
}

void complains(const std::string& text, int column, const std::string& part) {
  const auto message = complaint(text);
  BOOST_TEST(message.find("column " + std::to_string(column) + ": ") != std::string::npos, message);
  BOOST_TEST(message.find(part) != std::string::npos, message);
}

BOOST_AUTO_TEST_CASE(a_stack_has_branches) {
  const auto calls = parse("identity | [crop(1) | identity ; [identity]]");
  BOOST_TEST_REQUIRE(calls.size() == 2U);
  BOOST_TEST_REQUIRE(calls[1].branches.size() == 2U);
  BOOST_TEST(calls[1].branches[0].size() == 2U);
  BOOST_TEST(calls[1].branches[0][0].name == "crop");
  BOOST_TEST(calls[1].branches[1][0].branches.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_mistake_in_the_grammar_is_pointed_at) {
  complains("", 1, "expected the name of an operator");
  complains("   ", 4, "expected the name of an operator");
  complains("identity |", 11, "expected the name of an operator");
  complains("| identity", 1, "expected the name of an operator, got \"|\"");
  complains("identity identity", 10, "expected '|' or the end");
  complains("identity)", 9, "expected '|' or the end");
  complains("blur(box:3", 5, "never closed");
  complains("[identity ; mask(random:0.5)", 1, "this bracket is never closed");
  complains("[identity identity]", 11, "expected '|', ';' or ']', got \"identity\"");
  complains("[]", 2, "expected the name of an operator");
  complains("[identity ; nonsense]", 13, "unknown operator");
  complains("identity | [identity ; crop(2)]", 12, "only heights may differ");
  complains("blur(box:3 box:3)", 12, "expected ',' or ')'");
  complains("blur(,)", 6, "expected a value");
  complains("blur(box:3,)", 12, "expected a value");
  complains("mask(\"m.png)", 6, "quote is never closed");
  complains("blur(gaussian:)", 15, "not a number");
  complains("blur(gaussian:x)", 15, "not a number");
  // Columns count characters, not bytes.
  complains("mask(\"ä€.png\") | nothing", 18, "unknown operator");
}

BOOST_AUTO_TEST_CASE(a_message_is_one_line_even_where_the_text_is_not) {
  for (const char* text : {"blur(\"a\nb\") |", "identity \"a\nb\"", "identity\n(3)"}) {
    try {
      build_operator(text, {{1, 9, 9}, false});
      BOOST_ERROR("no complaint");
    } catch (const Error& error) {
      BOOST_TEST(std::string(error.what()).find('\n') == std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_mistake_in_the_meaning_is_pointed_at) {
  complains("blurr(box:3)", 1, "unknown operator \"blurr\"; known: identity, mask, blur");
  complains("blur(gausian:1.6)", 6,
            "unknown kernel \"gausian\"; known: gaussian, motion, walk, airy, disk, box");
  complains("blur(gaussian)", 6, "needs its numbers: gaussian:SIGMA[,SIZE]");
  complains("blur(motion:5)", 6, "write motion:LENGTH,ANGLE");
  complains("blur(gaussian:-1)", 6, "out of range");
  complains("blur(gaussian:1,2.5)", 6, "not a whole number");
  complains("blur(nowhere.txt)", 6, "no such file");
  complains("blur(box:3, boundary=open)", 22, "unknown boundary \"open\"; known: valid, unknown");
  complains("blur(box:3, edge=valid)", 13, "has no \"edge\"; known: kernel, boundary");
  complains("blur(box:3, kernel=box:5)", 13, "given twice");
  complains("blur(boundary=valid, box:3)", 22, "after one with a name");
  complains("blur(box:3, valid, 7)", 20, "at most 2: kernel, boundary");
  complains("blur", 1, "blur needs kernel");
  complains("identity(3)", 10, "takes no arguments");
  complains("downsample(2.5, box:3, phase=corner)", 30, "whole factors");
  complains("crop(2.5)", 6, "not a whole number");
  complains("downsample(0)", 12, "out of range");
  complains("downsample(two)", 12, "factor is a number");
  complains("downsample(32)", 12, "too short");
  complains("downsample(2, area, boundary=valid)", 30, "goes with blur kernels");
  complains("mask(random:1)", 6, "random:FRACTION");
  complains("mask(box:1,2)", 6, "box:X,Y,WIDTH,HEIGHT");
  complains("mask(box:0,0,1e300,20)", 6, "box:X,Y,WIDTH,HEIGHT");
  complains("mask(box:0,0,0,20)", 6, "box:X,Y,WIDTH,HEIGHT");
  complains("mask(box:0,0,30,20)", 6, "leaves no pixel");
  complains("mask(spots:3)", 6, "known: random, box");
  complains("mask(nowhere.png)", 6, "nowhere.png");
  // The second operator sees what the first leaves: 4 rows.
  complains("downsample(5) | blur(box:5)", 22, "sees nothing");
}

BOOST_AUTO_TEST_CASE(shapes_run_in_both_directions) {
  const std::string text = "blur(box:3) | downsample(4) | identity";
  const auto forth = build_operator(text, {{3, 42, 38}, false});
  BOOST_TEST((forth->output_shape() == Shape{3, 10, 9}));
  const auto back = build_operator(text, {{3, 10, 9}, true});
  BOOST_TEST((back->input_shape() == Shape{3, 42, 38}));
  BOOST_TEST((back->scene_window({0, 0, 10, 9}) == Window{1, 1, 40, 36}));
}

BOOST_AUTO_TEST_CASE(expressions_read_left_to_right) {
  // The box is cut out of the small picture, not of the scene.
  const auto A = build_operator("downsample(2, area) | mask(box:0,0,1,1)", {{1, 4, 4}, false});
  const auto y = A->apply(torch::ones({1, 1, 4, 4}));
  BOOST_TEST(y[0][0][0][0].item<float>() == 0);
  BOOST_TEST(y.sum().item<float>() == 3);
}

BOOST_AUTO_TEST_CASE(a_mask_is_read_relative_to_the_base) {
  const testing::TemporaryFolder folder;
  Image white;
  white.colour = torch::zeros({1, 1, 4, 5});
  white.colour[0][0][1][2] = 1;
  save_image(white, folder.path() / "m.png");
  const auto A = build_operator("mask(m.png)", {{3, 4, 5}, false}, folder.path());
  const auto y = A->apply(torch::ones({1, 3, 4, 5}));
  BOOST_TEST(y[0][2][1][2].item<float>() == 0);  // white = missing
  BOOST_TEST(y.sum().item<float>() == 57);
  BOOST_CHECK_THROW(build_operator("mask(m.png)", {{3, 5, 4}, false}, folder.path()), Error);
}

BOOST_AUTO_TEST_CASE(the_table_describes_every_parameter) {
  for (const auto& row : operator_table()) {
    BOOST_TEST(!row.summary.empty());
    for (const auto& line : row.parameters) BOOST_TEST(line.find('\n') == std::string::npos);
  }
}

}  // namespace
}  // namespace restore
