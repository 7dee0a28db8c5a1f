#include "operators/factory.h"

#include <fmt/format.h>

#include "operators/compose/chain.h"
#include "operators/compose/composition.h"
#include "operators/expression/arguments.h"
#include "operators/rows/row.h"

namespace restore {
namespace {

const std::vector<OperatorRecipe>& recipes() {
  static const std::vector<OperatorRecipe> table{
      identity_row(), mask_row(),     blur_row(), downsample_row(), clip_row(),
      response_row(), quantise_row(), jpeg_row(), magnitude_row(),
  };
  return table;
}

const OperatorRecipe& find_recipe(const ExpressionSource& source, const ExpressionCall& call) {
  std::vector<std::string> known;
  for (const OperatorRecipe& row : recipes()) {
    if (row.name == call.name) return row;
    known.push_back(row.name);
  }
  throw source.error(call.column, fmt::format("unknown operator \"{}\"; known: {}", call.name,
                                              fmt::join(known, ", ")));
}

// A composition as far as all are linear, else a chain.
std::shared_ptr<const Operator> composed(std::vector<std::shared_ptr<const Operator>> operators) {
  if (operators.size() == 1) return operators.front();
  std::vector<std::shared_ptr<const LinearOperator>> linear;
  for (const auto& A : operators)
    if (auto rung = std::dynamic_pointer_cast<const LinearOperator>(A))
      linear.push_back(std::move(rung));
  if (linear.size() == operators.size()) return std::make_shared<Composition>(std::move(linear));
  return std::make_shared<Chain>(std::move(operators));
}

}  // namespace

const std::vector<OperatorRow>& operator_table() {
  static const std::vector<OperatorRow> table = [] {
    std::vector<OperatorRow> result;
    for (const OperatorRecipe& row : recipes()) {
      OperatorRow described{row.name, row.summary, {}, row.rung, row.law_instances};
      for (const auto& argument : row.arguments)
        described.parameters.push_back(describe_argument(argument));
      result.push_back(std::move(described));
    }
    return result;
  }();
  return table;
}

std::shared_ptr<const Operator> build_operator(const std::string& expression,
                                               const ShapeRequest& request,
                                               const std::filesystem::path& base) {
  const ExpressionSource source(expression);
  const auto calls = parse_expression(source);
  // Every name first: a slip at the end is not to wait for files at the beginning.
  std::vector<const OperatorRecipe*> found;
  for (const auto& call : calls) found.push_back(&find_recipe(source, call));
  std::vector<std::shared_ptr<const Operator>> operators(calls.size());
  ShapeRequest next = request;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    // From the side whose shape is known.
    const std::size_t at = request.is_measurement ? calls.size() - 1 - i : i;
    const BoundCall call(source, calls[at], found[at]->arguments, base);
    operators[at] = found[at]->build(call, next);
    next.shape =
        request.is_measurement ? operators[at]->input_shape() : operators[at]->output_shape();
  }
  return composed(std::move(operators));
}

}  // namespace restore
