#include <fmt/format.h>

#include "operators/kernel/kernels.h"
#include "operators/resample/decimation.h"
#include "operators/resample/downsample.h"
#include "operators/rows/row.h"

namespace restore {
namespace {

using Kind = ArgumentInfo::Kind;
using LinearPointer = std::shared_ptr<const LinearOperator>;

Shape enlarged(const Shape& shape, std::int64_t factor) {
  return {shape.channels, shape.height * factor, shape.width * factor};
}

LinearPointer build_resize(const BoundCall& call, const ShapeRequest& request) {
  for (const char* name : {"boundary", "phase"})
    if (call.given(name))
      throw call.error(name, fmt::format("{} goes with blur kernels; {} has its own frame", name,
                                         call.value("kernel").text));
  const std::int64_t factor = call.whole("factor");
  const auto filter =
      call.value("kernel").text == "area" ? ResizeFilter::area : ResizeFilter::bicubic;
  const Shape scene = request.is_measurement ? enlarged(request.shape, factor) : request.shape;
  return at_argument(call, "factor",
                     [&] { return std::make_shared<Downsample>(scene, factor, filter); });
}

LinearPointer build_decimation(const BoundCall& call, const ShapeRequest& request) {
  const std::int64_t factor = call.whole("factor");
  const Phase phase = call.choice("phase") == "corner" ? Phase::corner : Phase::centre;
  const bool even = phase == Phase::centre && factor % 2 == 0;
  const auto kernel = build_kernel(call.source(), call.value("kernel"), call.base(),
                                   even ? SizeParity::even : SizeParity::odd);
  const Boundary boundary = parse_boundary(call.choice("boundary"));
  const Shape scene = request.is_measurement
                          ? convolution_scene(kernel, enlarged(request.shape, factor), boundary)
                          : request.shape;
  return at_argument(call, "factor", [&] {
    return std::make_shared<Decimation>(kernel, scene, factor, phase,
                                        ConvolutionOptions{boundary, {}});
  });
}

LinearPointer build_downsample(const BoundCall& call, const ShapeRequest& request) {
  const auto& kernel = call.value("kernel");
  const bool resize = kernel.kind == ExpressionValue::Kind::word &&
                      (kernel.text == "bicubic" || kernel.text == "area");
  return resize ? build_resize(call, request) : build_decimation(call, request);
}

}  // namespace

OperatorRecipe downsample_row() {
  return {
      "downsample",
      "y = every factor-th pixel of a filtered x",
      "spectral for bicubic and area, linear for a blur kernel",
      {{Kind::whole, {"factor", "", 1, 64, "of both sides"}, "", {}},
       kernel_argument("bicubic (antialiased), area, ", "bicubic"),
       boundary_argument("reflect"),
       {Kind::choice,
        {"phase", "", 0, 0, "of the pixels that are kept; corner is [::factor, ::factor]"},
        "centre",
        {"centre", "center", "corner"}}},
      {"downsample(2)", "downsample(3)", "downsample(2, area)", "downsample(1)",
       "downsample(2, gaussian:0.6)", "downsample(2, gaussian:0.6, boundary=valid)",
       "downsample(2, gaussian:0.6, boundary=circular, phase=corner)",
       "downsample(3, box:3, boundary=circular)", "downsample(2, motion:3,45, boundary=replicate)"},
      build_downsample};
}

}  // namespace restore
