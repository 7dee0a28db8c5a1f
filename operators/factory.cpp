#include "operators/factory.h"

#include <optional>

#include <fmt/format.h>

#include "operators/compose/chain.h"
#include "operators/compose/composition.h"
#include "operators/compose/stack.h"
#include "operators/expression/arguments.h"
#include "operators/rows/row.h"

namespace restore {
namespace {

const std::vector<OperatorRecipe>& recipes() {
  static const std::vector<OperatorRecipe> table{
      identity_row(),   mask_row(),     blur_row(),     varying_blur_row(), tiled_blur_row(),
      downsample_row(), shift_row(),    affine_row(),   crop_row(),         grey_row(),
      colour_row(),     mosaic_row(),   hadamard_row(), fourier_row(),      clip_row(),
      response_row(),   quantise_row(), jpeg_row(),     magnitude_row(),
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

using Operators = std::vector<std::shared_ptr<const Operator>>;

// The operators as linear ones, or nothing when one is not.
std::optional<std::vector<std::shared_ptr<const LinearOperator>>> all_linear(
    const Operators& operators) {
  std::vector<std::shared_ptr<const LinearOperator>> linear;
  for (const auto& A : operators)
    if (auto rung = std::dynamic_pointer_cast<const LinearOperator>(A))
      linear.push_back(std::move(rung));
  if (linear.size() != operators.size()) return std::nullopt;
  return linear;
}

std::shared_ptr<const Operator> composed(Operators operators) {
  if (operators.size() == 1) return operators.front();
  if (auto linear = all_linear(operators)) return std::make_shared<Composition>(std::move(*linear));
  return std::make_shared<Chain>(std::move(operators));
}

std::shared_ptr<const Operator> stacked(Operators operators) {
  if (auto linear = all_linear(operators)) return std::make_shared<LinearStack>(std::move(*linear));
  return std::make_shared<Stack>(std::move(operators));
}

// An expression in the course of being built.
class Builder {
 public:
  Builder(const ExpressionSource& source, const std::filesystem::path& base)
      : source_(source), base_(base) {}

  std::shared_ptr<const Operator> chain(const std::vector<ExpressionCall>& calls,
                                        const ShapeRequest& request) const {
    Operators operators(calls.size());
    ShapeRequest next = request;
    for (std::size_t i = 0; i < calls.size(); ++i) {
      // From the side whose shape is known.
      const std::size_t at = request.is_measurement ? calls.size() - 1 - i : i;
      operators[at] = calls[at].branches.empty() ? single(calls[at], next) : stack(calls[at], next);
      next.shape =
          request.is_measurement ? operators[at]->input_shape() : operators[at]->output_shape();
    }
    return composed(std::move(operators));
  }

 private:
  std::shared_ptr<const Operator> single(const ExpressionCall& call,
                                         const ShapeRequest& request) const {
    const OperatorRecipe& recipe = find_recipe(source_, call);
    return recipe.build(BoundCall(source_, call, recipe.arguments, base_), request);
  }

  // Of a measurement that is given every branch gets an equal share.
  std::shared_ptr<const Operator> stack(const ExpressionCall& call, ShapeRequest request) const {
    const auto count = static_cast<std::int64_t>(call.branches.size());
    if (request.is_measurement && request.shape.height % count != 0)
      throw source_.error(call.column,
                          fmt::format("{} rows are not {} measurements of equal height; say the "
                                      "scene's size by a job",
                                      request.shape.height, count));
    if (request.is_measurement) request.shape.height /= count;
    Operators operators;
    for (const auto& branch : call.branches) operators.push_back(chain(branch, request));
    try {
      return stacked(std::move(operators));
    } catch (const Error& problem) {
      throw source_.error(call.column, problem.what());
    }
  }

  const ExpressionSource& source_;
  const std::filesystem::path& base_;
};

// Every name first: a slip at the end is not to wait for files at the beginning.
void check_names(const ExpressionSource& source, const std::vector<ExpressionCall>& calls) {
  for (const auto& call : calls) {
    if (call.branches.empty()) find_recipe(source, call);
    for (const auto& branch : call.branches) check_names(source, branch);
  }
}

}  // namespace

std::string to_string(Rung rung) {
  switch (rung) {
    case Rung::nonlinear:
      return "nonlinear";
    case Rung::linear:
      return "linear";
    case Rung::spectral:
      return "spectral";
  }
  return "unknown";
}

const std::vector<OperatorRow>& operator_table() {
  static const std::vector<OperatorRow> table = [] {
    std::vector<OperatorRow> result;
    for (const OperatorRecipe& row : recipes()) {
      OperatorRow described{row.name,     row.summary,   {},
                            row.rung,     row.rung_note, row.law_instances,
                            row.channels, row.cuttable,  row.whole_boundaries};
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
  check_names(source, calls);
  return Builder(source, base).chain(calls, request);
}

}  // namespace restore
