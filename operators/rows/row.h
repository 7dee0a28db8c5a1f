// A row of the operator table as its builder sees it: the parameters as data, the expressions that
// the law tests run, and a function from a call's arguments to the operator. A file of this folder
// holds the row, or the family of rows, that it is named after; operators/factory.cpp lists them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "librestore/model/linear_operator.h"
#include "operators/expression/arguments.h"
#include "operators/factory.h"

namespace restore {

struct OperatorRecipe {
  // As in OperatorRow.
  std::string name, summary;
  Rung rung;
  std::string rung_note;
  std::vector<ArgumentInfo> arguments;
  std::vector<std::string> law_instances;
  std::function<std::shared_ptr<const Operator>(const BoundCall& call, const ShapeRequest& request)>
      build;
  // As in OperatorRow.
  std::int64_t channels = 0;
  bool cuttable = false;
  std::vector<std::string> whole_boundaries{};
};

// The argument `kernel`: `more` names what it may be besides the kernels of operators/kernel.
ArgumentInfo kernel_argument(const std::string& more, const std::string& standing);
ArgumentInfo boundary_argument(const std::string& standing);

// What `make` returns; its errors point at the argument.
template <typename Make>
auto at_argument(const BoundCall& call, const std::string& name, const Make& make) {
  try {
    return make();
  } catch (const Error& problem) {
    throw call.error(name, problem.what());
  }
}

OperatorRecipe identity_row();
OperatorRecipe mask_row();
OperatorRecipe blur_row();
OperatorRecipe downsample_row();
OperatorRecipe varying_blur_row();
OperatorRecipe tiled_blur_row();
OperatorRecipe shift_row();
OperatorRecipe affine_row();
OperatorRecipe crop_row();
OperatorRecipe grey_row();
OperatorRecipe colour_row();
OperatorRecipe mosaic_row();
OperatorRecipe hadamard_row();
OperatorRecipe fourier_row();
OperatorRecipe clip_row();
OperatorRecipe response_row();
OperatorRecipe quantise_row();
OperatorRecipe jpeg_row();
OperatorRecipe magnitude_row();

}  // namespace restore
