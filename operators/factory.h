// Every operator under its name, and the expressions that put them together.
//
//   expression := operator ('|' operator)*        read left to right: the first acts on the scene
//   operator   := name [ '(' argument (',' argument)* ')' ]
//               | '[' expression (';' expression)* ']'   several measurements of one scene, below
//                                                        each other (operators/compose/stack.h)
//   argument   := [key '='] value                 positional values fill the row's parameters
//   value      := number | word | word ':' number (',' number)* | path | '"' anything '"'
//
//   blur(gaussian:1.6, boundary=circular) | downsample(4) | mask(m.png)
//   [downsample(2) ; shift(0.7, 0.3) | downsample(2)]
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "librestore/core/parameters.h"
#include "librestore/model/linear_operator.h"

namespace restore {

// The highest rung of librestore/model that an operator climbs to; some arguments keep it lower.
enum class Rung { nonlinear, linear, spectral };

std::string to_string(Rung rung);

// A row of the table; `restore-degrade --list`, the docs, the law tests and the tools read it.
struct OperatorRow {
  std::string name;
  std::string summary;                  // one line with the equation
  std::vector<std::string> parameters;  // name, default, unit, range, help, a line each
  Rung rung;
  std::string rung_note;  // for people, behind its name: " with boundary=circular, linear else"
  std::vector<std::string> law_instances;  // expressions the law tests run, every branch covered
  std::int64_t channels = 0;  // of the scene, where the operator needs a number of them
  // Whether a part of what it measures is, but for its frame, what it measures of a part of the
  // scene; and the boundaries with which it is not.
  bool cuttable = false;
  std::vector<std::string> whole_boundaries{};
};

const std::vector<OperatorRow>& operator_table();

// Which shape the expression must be built for.
struct ShapeRequest {
  Shape shape;
  // true: `shape` is the measurement's and the scene's is worked out (blur with an unknown boundary
  // reaches past the frame, downsample multiplies); false: `shape` is the scene's.
  bool is_measurement = false;
};

// Builds the operator of an expression; relative paths are relative to `base`. Errors are usage
// errors that quote the expression and point at the column.
std::shared_ptr<const Operator> build_operator(const std::string& expression,
                                               const ShapeRequest& request,
                                               const std::filesystem::path& base = {});

}  // namespace restore
