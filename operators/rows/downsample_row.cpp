#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "operators/compose/composition.h"
#include "operators/kernel/kernels.h"
#include "operators/resample/decimation.h"
#include "operators/resample/downsample.h"
#include "operators/rows/row.h"

namespace restore {
namespace {

using Kind = ArgumentInfo::Kind;
using LinearPointer = std::shared_ptr<const LinearOperator>;

struct ResizeWord {
  const char* name;
  ResizeFilter filter;
};
constexpr ResizeWord kResizeWords[] = {{"bicubic", ResizeFilter::bicubic},
                                       {"area", ResizeFilter::area},
                                       {"lanczos", ResizeFilter::lanczos}};

std::optional<ResizeFilter> resize_filter(const ExpressionValue& kernel) {
  for (const auto& word : kResizeWords)
    if (kernel.kind == ExpressionValue::Kind::word && kernel.text == word.name) return word.filter;
  return std::nullopt;
}

Shape enlarged(const Shape& shape, double factor) {
  return {shape.channels, pixels_of(shape.height, factor), pixels_of(shape.width, factor)};
}

LinearPointer build_resize(const BoundCall& call, const ShapeRequest& request,
                           ResizeFilter filter) {
  for (const char* name : {"boundary", "phase"})
    if (call.given(name))
      throw call.error(name, fmt::format("{} goes with blur kernels; {} has its own frame", name,
                                         call.value("kernel").text));
  const double factor = call.number("factor");
  const Shape scene = request.is_measurement ? enlarged(request.shape, factor) : request.shape;
  return at_argument(call, "factor",
                     [&] { return std::make_shared<Downsample>(scene, factor, filter); });
}

// Every factor-th pixel of a blurred picture.
LinearPointer build_decimation(const BoundCall& call, const ShapeRequest& request) {
  const std::int64_t factor = call.whole("factor");
  const Phase phase = call.choice("phase") == "corner" ? Phase::corner : Phase::centre;
  const bool even = phase == Phase::centre && factor % 2 == 0;
  const auto kernel = build_kernel(call.source(), call.value("kernel"), call.base(),
                                   even ? SizeParity::even : SizeParity::odd);
  const Boundary boundary = parse_boundary(call.choice("boundary"));
  const Shape scene =
      request.is_measurement
          ? convolution_scene(kernel, enlarged(request.shape, call.number("factor")), boundary)
          : request.shape;
  return at_argument(call, "factor", [&] {
    return std::make_shared<Decimation>(kernel, scene, factor, phase,
                                        ConvolutionOptions{boundary, {}});
  });
}

// Between whole factors: samples of the blurred picture, interpolated.
LinearPointer build_sampled_blur(const BoundCall& call, const ShapeRequest& request) {
  if (call.choice("phase") == "corner")
    throw call.error("phase", "phase corner goes with whole factors");
  const double factor = call.number("factor");
  const auto kernel = build_kernel(call.source(), call.value("kernel"), call.base());
  const Boundary boundary = parse_boundary(call.choice("boundary"));
  const Shape scene = request.is_measurement
                          ? convolution_scene(kernel, enlarged(request.shape, factor), boundary)
                          : request.shape;
  return at_argument(call, "factor", [&]() -> LinearPointer {
    auto blur = make_convolution(kernel, scene, {boundary, {}});
    auto samples = std::make_shared<Downsample>(blur->output_shape(), factor, ResizeFilter::point);
    return std::make_shared<Composition>(
        std::vector<LinearPointer>{std::move(blur), std::move(samples)});
  });
}

LinearPointer build_downsample(const BoundCall& call, const ShapeRequest& request) {
  if (const auto filter = resize_filter(call.value("kernel")))
    return build_resize(call, request, *filter);
  const double factor = call.number("factor");
  return factor == std::floor(factor) ? build_decimation(call, request)
                                      : build_sampled_blur(call, request);
}

}  // namespace

OperatorRecipe downsample_row() {
  return {
      "downsample",
      "y = a filtered x at points `factor` pixels apart",
      Rung::spectral,
      " for bicubic, area and lanczos, linear for a blur kernel",
      {{Kind::number, {"factor", "", 1, 64, "of both sides, also between whole numbers"}, "", {}},
       kernel_argument("bicubic, area, lanczos (antialiased), ", "bicubic"),
       boundary_argument("reflect"),
       {Kind::choice,
        {"phase", "", 0, 0, "of the pixels that are kept; corner is [::factor, ::factor]"},
        "centre",
        {"centre", "center", "corner"}}},
      {"downsample(2)", "downsample(3)", "downsample(2, area)", "downsample(1)",
       "downsample(2, gaussian:0.6)", "downsample(2, gaussian:0.6, boundary=valid)",
       "downsample(2, gaussian:0.6, boundary=circular, phase=corner)",
       "downsample(3, box:3, boundary=circular)", "downsample(2, motion:3,45, boundary=replicate)",
       "downsample(2.5)", "downsample(1.3, area)", "downsample(2, lanczos)",
       "downsample(1.7, lanczos)", "downsample(2.5, gaussian:0.6)",
       "downsample(1.6, box:3, boundary=circular)"},
      build_downsample,
      0,
      true,
      {"circular"}};
}

}  // namespace restore
