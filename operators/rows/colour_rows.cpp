// Channels mixed at every pixel.
#include "operators/kernel/kernels.h"
#include "operators/rows/row.h"
#include "operators/sensor/colour_matrix.h"

namespace restore {
namespace {

using Kind = ArgumentInfo::Kind;
using LinearPointer = std::shared_ptr<const LinearOperator>;

LinearPointer build_grey(const BoundCall& call, const ShapeRequest& request) {
  Shape scene = request.shape;
  if (request.is_measurement && scene.channels != 1)
    throw call.error(
        fmt::format("grey is a picture of one channel, this one has {}", scene.channels));
  if (request.is_measurement) scene.channels = 3;
  if (scene.channels != 3)
    throw call.error(fmt::format("grey is made of 3 channels, the picture has {}", scene.channels));
  return std::make_shared<ColourMatrix>(scene, luma_weights());
}

// rows x columns; the numbers are written row by row, and the side that is known says how many
// rows.
torch::Tensor matrix_of(const std::vector<double>& numbers, const ShapeRequest& request) {
  const auto count = static_cast<std::int64_t>(numbers.size()), known = request.shape.channels;
  if (count % known != 0)
    throw usage_error(
        "{} numbers for a picture of {} channels; write matrix:A,B,... row by row, a "
        "row for each measured channel",
        count, known);
  const auto flat = torch::tensor(numbers, torch::kFloat64);
  return request.is_measurement ? flat.view({known, -1}) : flat.view({-1, known});
}

torch::Tensor read_matrix(const BoundCall& call, const ShapeRequest& request) {
  const auto& value = call.value("matrix");
  if (value.kind != ExpressionValue::Kind::spec) return load_matrix(call.path(value));
  if (value.head != "matrix") throw usage_error("write matrix:A,B,..., or a text file");
  return matrix_of(value.numbers, request);
}

LinearPointer build_colour(const BoundCall& call, const ShapeRequest& request) {
  return at_argument(call, "matrix", [&] {
    const auto matrix = read_matrix(call, request);
    Shape scene = request.shape;
    if (request.is_measurement && matrix.size(0) != scene.channels)
      throw usage_error("a matrix of {} rows for a measurement of {} channels", matrix.size(0),
                        scene.channels);
    if (request.is_measurement) scene.channels = matrix.size(1);
    return std::make_shared<ColourMatrix>(scene, matrix);
  });
}

}  // namespace

OperatorRecipe grey_row() {
  return {"grey", "y = 0.299 R + 0.587 G + 0.114 B", Rung::spectral, "", {}, {"grey"}, build_grey,
          3};
}

OperatorRecipe colour_row() {
  return {
      "colour",
      "y = M x, the channels of each pixel mixed",
      Rung::spectral,
      "",
      {{Kind::free,
        {"matrix", "", 0, 0,
         "matrix:A,B,... row by row, a row for each measured channel, or a text file: a line `rows "
         "columns`, then the rows"},
        "",
        {}}},
      {"colour(matrix:0.2,0.7,0.1,-0.1,0.4,0.6,0.9,0.3,-0.5,0.1,0.2,0.3)",
       "colour(matrix:1,0.5,0.2,1,0.5,0.2,0.1,0.3,0.5,0.2,0.6,1)"},
      build_colour};
}

}  // namespace restore
