#include "operators/convolution/convolution.h"
#include "operators/kernel/kernels.h"
#include "operators/rows/row.h"

namespace restore {
namespace {

using Kind = ArgumentInfo::Kind;
using LinearPointer = std::shared_ptr<const LinearOperator>;

LinearPointer build_blur(const BoundCall& call, const ShapeRequest& request) {
  const auto kernel = build_kernel(call.source(), call.value("kernel"), call.base());
  const Boundary boundary = parse_boundary(call.choice("boundary"));
  const Shape scene =
      request.is_measurement ? convolution_scene(kernel, request.shape, boundary) : request.shape;
  return at_argument(call, "kernel", [&] {
    return make_convolution(kernel, scene, {boundary, {}});
  });
}

}  // namespace

OperatorRecipe blur_row() {
  return {"blur",
          "y = k * x",
          Rung::spectral,
          " with boundary=circular, or reflect and a symmetric kernel; linear else",
          {kernel_argument("", ""), boundary_argument("valid")},
          {"blur(gaussian:0.6)", "blur(gaussian:0.6, boundary=circular)",
           "blur(gaussian:0.6, boundary=reflect)", "blur(gaussian:0.6, boundary=replicate)",
           "blur(box:4, boundary=circular)", "blur(box:3, boundary=reflect)",
           "blur(box:2, boundary=reflect)", "blur(motion:4,30, boundary=valid)",
           "blur(gaussian:0.5,0.9,30, boundary=replicate)", "blur(disk:3, boundary=circular)"},
          build_blur,
          0,
          true,
          {"circular", "reflect", "replicate"}};
}

}  // namespace restore
