// Blur that changes over the frame.
#include <cmath>
#include <numbers>

#include "operators/convolution/convolution.h"
#include "operators/convolution/varying_blur.h"
#include "operators/kernel/kernels.h"
#include "operators/rows/row.h"

namespace restore {
namespace {

using Kind = ArgumentInfo::Kind;
using LinearPointer = std::shared_ptr<const LinearOperator>;

LinearPointer build_varying_blur(const BoundCall& call, const ShapeRequest& request) {
  const auto kernels = pad_alike({build_kernel(call.source(), call.value("middle"), call.base()),
                                  build_kernel(call.source(), call.value("corners"), call.base())});
  const Boundary boundary = parse_boundary(call.choice("boundary"));
  const Shape scene = request.is_measurement
                          ? convolution_scene(kernels[0], request.shape, boundary)
                          : request.shape;
  return at_argument(call, "corners", [&] {
    const Shape seen = measured_shape(kernels[0], scene, boundary);
    const auto outer = radial_weight(seen.height, seen.width);
    return std::make_shared<VaryingBlur>(
        std::vector<BlurTerm>{{kernels[0], 1 - outer}, {kernels[1], outer}}, scene, boundary);
  });
}

// What a camera that turns about its axis by `degrees`, or zooms in by `percent`, does to the
// middle of a tile at (x, y) pixels from the frame's middle, x to the right and y up.
torch::Tensor shake_kernel(const ExpressionValue& kind, double x, double y) {
  const double amount = kind.numbers.front(), distance = std::hypot(x, y);
  const double along = std::atan2(y, x) * 180 / std::numbers::pi;
  if (kind.head == "roll")
    return motion_kernel(std::max(distance * amount * std::numbers::pi / 180, 1.0), along + 90);
  return motion_kernel(std::max(distance * amount / 100, 1.0), along);
}

// A kernel a tile, row by row; `seen` is the frame.
std::vector<torch::Tensor> tile_kernels(const BoundCall& call, const Shape& seen) {
  const auto& value = call.value("kernels");
  const std::int64_t rows = call.whole("rows"), columns = call.whole("columns");
  std::vector<torch::Tensor> kernels;
  if (value.kind == ExpressionValue::Kind::spec) {
    const bool known = value.head == "roll" || value.head == "zoom";
    if (!known || value.numbers.size() != 1 || !(value.numbers[0] > 0) || value.numbers[0] > 45)
      throw usage_error("write roll:DEGREES or zoom:PERCENT, above 0 to 45, or a file of kernels");
    const double h = static_cast<double>(seen.height), w = static_cast<double>(seen.width);
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t c = 0; c < columns; ++c)
        kernels.push_back(shake_kernel(
            value, ((static_cast<double>(c) + 0.5) / static_cast<double>(columns) - 0.5) * w,
            (0.5 - (static_cast<double>(r) + 0.5) / static_cast<double>(rows)) * h));
    return kernels;
  }
  const auto sheet = load_kernel(call.path(value));
  if (sheet.size(0) % rows != 0 || sheet.size(1) % columns != 0)
    throw usage_error("{}: {}x{} numbers are not {} rows of {} kernels of equal size", value.text,
                      sheet.size(0), sheet.size(1), rows, columns);
  for (const auto& row : sheet.chunk(rows, 0))
    for (const auto& kernel : row.chunk(columns, 1))
      kernels.push_back(normalise_kernel(kernel.contiguous(), value.text));
  return kernels;
}

// The kernels for what is measured of a scene, which they and the boundary decide: the same as from
// the measurement.
std::vector<torch::Tensor> kernels_for_scene(const BoundCall& call, const Shape& scene,
                                             Boundary boundary) {
  constexpr int kRounds = 10;
  Shape seen = scene;
  for (int i = 0; i < kRounds; ++i) {
    auto kernels = pad_alike(tile_kernels(call, seen));
    const Shape measured = measured_shape(kernels[0], scene, boundary);
    if (measured == seen) return kernels;
    seen = measured;
  }
  throw usage_error("no frame fits {}: cut a pixel off the scene, or take another boundary",
                    scene.to_string());
}

LinearPointer build_tiled_blur(const BoundCall& call, const ShapeRequest& request) {
  const Boundary boundary = parse_boundary(call.choice("boundary"));
  return at_argument(call, "kernels", [&] {
    const auto kernels = request.is_measurement ? pad_alike(tile_kernels(call, request.shape))
                                                : kernels_for_scene(call, request.shape, boundary);
    const Shape scene = request.is_measurement
                            ? convolution_scene(kernels[0], request.shape, boundary)
                            : request.shape;
    const Shape seen = measured_shape(kernels[0], scene, boundary);
    const auto weights =
        tile_weights(call.whole("rows"), call.whole("columns"), seen.height, seen.width);
    std::vector<BlurTerm> terms;
    for (std::size_t t = 0; t < kernels.size(); ++t) terms.push_back({kernels[t], weights[t]});
    return std::make_shared<VaryingBlur>(terms, scene, boundary);
  });
}

}  // namespace

OperatorRecipe varying_blur_row() {
  const auto middle = kernel_argument("", ""), corners = kernel_argument("", "");
  const auto named = [](ArgumentInfo argument, const std::string& name) {
    argument.info.name = name;
    return argument;
  };
  return {
      "varying-blur",
      "y = (1 - q) (k_middle * x) + q (k_corners * x), q the squared distance from the middle",
      Rung::linear,
      "",
      {named(middle, "middle"), named(corners, "corners"), boundary_argument("valid")},
      {"varying-blur(gaussian:0.5, box:3)", "varying-blur(box:2, motion:3,30, boundary=replicate)",
       "varying-blur(disk:1, box:4, boundary=circular)"},
      build_varying_blur};
}

OperatorRecipe tiled_blur_row() {
  return {"tiled-blur",
          "y = sum_t w_t (k_t * x): a kernel for the middle of each tile, blended in between",
          Rung::linear,
          "",
          {{Kind::free,
            {"kernels", "", 0, 0,
             "a file of rows x columns kernels side by side, or a shaken camera: roll:DEGREES, "
             "zoom:PERCENT"},
            "",
            {}},
           {Kind::whole, {"rows", "", 1, 64, "of tiles"}, "8", {}},
           {Kind::whole, {"columns", "", 1, 64, "of tiles"}, "8", {}},
           boundary_argument("replicate")},
          {"tiled-blur(roll:40, rows=2, columns=3)",
           "tiled-blur(zoom:45, rows=3, columns=2, boundary=reflect)",
           "tiled-blur(roll:30, rows=1, columns=2, boundary=valid)",
           "tiled-blur(zoom:40, rows=2, columns=2, boundary=circular)"},
          build_tiled_blur};
}

}  // namespace restore
