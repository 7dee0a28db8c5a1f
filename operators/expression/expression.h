// The grammar of operator expressions (operators/factory.h): text -> calls, every piece with its
// column, so that whoever finds a mistake later can still point at it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "librestore/core/error.h"

namespace restore {

// The text that is being read, and the one-line errors about it:
//   operator "blur(gausian:1.6)", column 6: unknown kernel "gausian"; known: ...
class ExpressionSource {
 public:
  // `what` opens the messages: "operator", "kernel".
  explicit ExpressionSource(std::string text, std::string what = "operator");

  const std::string& text() const { return text_; }
  // `column` counts characters (UTF-8 code points) from 1.
  Error error(std::size_t column, std::string_view message) const;

 private:
  std::string text_, what_;
};

// value := number | word | word ':' number (',' number)* | path | '"' anything '"'
struct ExpressionValue {
  enum class Kind {
    number,  // 1.6, 1/25
    word,    // circular, kernels/k1.txt
    spec,    // gaussian:1.6,25
    quoted,  // "my mask (2).png"; always a path
  };
  Kind kind = Kind::word;
  std::string text;             // as written, without quotes
  double number = 0;            // number
  std::string head;             // spec: what stands before the colon
  std::vector<double> numbers;  // spec: what stands after it
  std::size_t column = 1;
};

// argument := [key '='] value
struct ExpressionArgument {
  std::string key;  // empty: positional
  std::size_t column = 1;
  ExpressionValue value;
};

// operator := name [ '(' argument (',' argument)* ')' ]  or  '[' expression (';' expression)* ']'
struct ExpressionCall {
  std::string name;  // of a stack: "a stack"
  std::size_t column = 1;
  std::vector<ExpressionArgument> arguments{};
  std::vector<std::vector<ExpressionCall>> branches{};  // of a stack: at least one
};

// expression := operator ('|' operator)*; never empty. Throws usage errors with a column. Brackets
// nest at most 16 deep.
std::vector<ExpressionCall> parse_expression(const ExpressionSource& source);

// The whole text as one value (`--psf gaussian:1.6`).
ExpressionValue parse_value(const ExpressionSource& source);

}  // namespace restore
