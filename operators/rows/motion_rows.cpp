// The scene seen from elsewhere: frames of a burst.
#include "operators/convolution/convolution.h"
#include "operators/kernel/kernels.h"
#include "operators/resample/affine.h"
#include "operators/rows/row.h"

namespace restore {
namespace {

using Kind = ArgumentInfo::Kind;
using LinearPointer = std::shared_ptr<const LinearOperator>;

ArgumentInfo shift_argument(const std::string& name, const std::string& help) {
  return {Kind::number, {name, "px", -kMaxShift, kMaxShift, help}, "0", {}};
}

LinearPointer build_shift(const BoundCall& call, const ShapeRequest& request) {
  const auto kernel = shift_kernel(call.number("dx"), call.number("dy"));
  const Boundary boundary = parse_boundary(call.choice("boundary"));
  const Shape scene =
      request.is_measurement ? convolution_scene(kernel, request.shape, boundary) : request.shape;
  return at_argument(call, "dx", [&] { return make_convolution(kernel, scene, {boundary, {}}); });
}

LinearPointer build_affine(const BoundCall& call, const ShapeRequest& request) {
  const AffineMotion motion{call.number("dx"),    call.number("dy"),    call.number("angle"),
                            call.number("scale"), call.number("shear"), call.number("aspect")};
  return at_argument(call, "boundary", [&] {
    return std::make_shared<Affine>(request.shape, motion, parse_boundary(call.choice("boundary")));
  });
}

}  // namespace

OperatorRecipe shift_row() {
  return {"shift",
          "y(i, j) = x(i - dy, j - dx), between pixels by cubic interpolation",
          Rung::spectral,
          " with boundary=circular, linear else",
          {shift_argument("dx", "to the right"), shift_argument("dy", "down"),
           boundary_argument("replicate")},
          {"shift(0.3, -0.2)", "shift(1.3, 0.4, boundary=circular)",
           "shift(-2, 1, boundary=reflect)", "shift(0.7, 0.2, boundary=valid)"},
          build_shift};
}

OperatorRecipe affine_row() {
  return {"affine",
          "y(p) = x(q), p = c + d + R(angle) [1 shear; 0 1] diag(scale aspect, scale) (q - c)",
          Rung::linear,
          "",
          {shift_argument("dx", "to the right"),
           shift_argument("dy", "down"),
           {Kind::number, {"angle", "degrees", -360, 360, "counter-clockwise"}, "0", {}},
           {Kind::number, {"scale", "", 0.1, 10, "above 1 enlarges"}, "1", {}},
           {Kind::number, {"shear", "", -4, 4, "x moves by shear y"}, "0", {}},
           {Kind::number, {"aspect", "", 0.1, 10, "stretches x"}, "1", {}},
           boundary_argument("replicate")},
          // Little motion: at half a pixel the highest frequencies are lost, and A^+ with them.
          {"affine(0.2, -0.1, angle=1.5)", "affine(scale=0.98, shear=0.02, boundary=reflect)",
           "affine(0.1, angle=181, aspect=0.98, boundary=circular)", "affine(angle=90)"},
          build_affine};
}

}  // namespace restore
