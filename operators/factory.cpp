#include "operators/factory.h"

#include <fmt/format.h>

#include "librestore/image/image_io.h"
#include "operators/arguments.h"
#include "operators/composition.h"
#include "operators/convolution.h"
#include "operators/decimation.h"
#include "operators/downsample.h"
#include "operators/identity.h"
#include "operators/kernels.h"
#include "operators/mask.h"

namespace restore {
namespace {

using Kind = ArgumentInfo::Kind;
using LinearPointer = std::shared_ptr<const LinearOperator>;

struct Row {
  std::string name, summary, rung;
  std::vector<ArgumentInfo> arguments;
  std::vector<std::string> law_instances;
  LinearPointer (*build)(const BoundCall& call, const ShapeRequest& request);
};

constexpr double kMaxSeed = 9007199254740992.0;  // 2^53: every whole number up to it is a double

ArgumentInfo kernel_argument(const std::string& more, const std::string& standing) {
  std::vector<std::string> forms;
  for (const auto& row : kernel_table()) forms.push_back(row.usage);
  const auto help = fmt::format("{}{} or a file", more, fmt::join(forms, ", "));
  return {Kind::free, {"kernel", "", 0, 0, help}, standing, {}};
}

ArgumentInfo boundary_argument(const std::string& standing) {
  return {Kind::choice,
          {"boundary", "", 0, 0, "what lies beyond the frame"},
          standing,
          {"valid", "unknown", "circular", "reflect", "replicate"}};
}

// What `make` returns; its errors point at the argument.
template <typename Make>
auto at_argument(const BoundCall& call, const std::string& name, const Make& make) {
  try {
    return make();
  } catch (const Error& problem) {
    throw call.error(name, problem.what());
  }
}

LinearPointer build_identity(const BoundCall&, const ShapeRequest& request) {
  return std::make_shared<Identity>(request.shape);
}

// X, Y, WIDTH, HEIGHT as a rectangle.
Window box_of(const std::vector<double>& numbers) {
  constexpr double kFar = 1e9;  // no picture is that large
  const bool whole = std::all_of(numbers.begin(), numbers.end(), [](double number) {
    return number == std::floor(number) && std::abs(number) <= kFar;
  });
  if (numbers.size() != 4 || !whole || numbers[2] < 1 || numbers[3] < 1)
    throw usage_error("write box:X,Y,WIDTH,HEIGHT in whole pixels");
  const auto pixels = [&](std::size_t i) { return static_cast<std::int64_t>(numbers[i]); };
  return {pixels(1), pixels(0), pixels(3), pixels(2)};
}

torch::Tensor missing_pixels(const BoundCall& call, const Shape& shape) {
  const auto& source = call.value("source");
  if (source.kind != ExpressionValue::Kind::spec)
    return load_mask(call.path(source), call.number("threshold"));
  const auto& numbers = source.numbers;
  if (source.head == "random" && numbers.size() == 1 && numbers[0] >= 0 && numbers[0] < 1)
    return random_missing(shape, numbers[0], static_cast<std::uint64_t>(call.whole("seed")));
  if (source.head == "random")
    throw usage_error("write random:FRACTION, the fraction of missing pixels from 0 to below 1");
  if (source.head == "box") return box_missing(shape, box_of(numbers));
  throw usage_error("unknown mask \"{}\"; known: random, box, or a file", source.head);
}

LinearPointer build_mask(const BoundCall& call, const ShapeRequest& request) {
  return at_argument(call, "source", [&] {
    return std::make_shared<Mask>(request.shape, missing_pixels(call, request.shape));
  });
}

LinearPointer build_blur(const BoundCall& call, const ShapeRequest& request) {
  const auto kernel = build_kernel(call.source(), call.value("kernel"), call.base());
  const Boundary boundary = parse_boundary(call.choice("boundary"));
  const Shape scene =
      request.is_measurement ? convolution_scene(kernel, request.shape, boundary) : request.shape;
  return at_argument(call, "kernel", [&] {
    return make_convolution(kernel, scene, {boundary, {}});
  });
}

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

const std::vector<Row>& rows() {
  static const std::vector<Row> table{
      {"identity", "y = x", "spectral", {}, {"identity"}, build_identity},
      {"mask",
       "y = m x, m = 0 where the mask is white",
       "spectral",
       {{Kind::free,
         {"source", "", 0, 0,
          "a picture (white: missing), random:FRACTION or box:X,Y,WIDTH,HEIGHT"},
         "",
         {}},
        {Kind::whole, {"seed", "", 0, kMaxSeed, "of random"}, "0", {}},
        {Kind::number, {"threshold", "[0,1]", 0, 1, "of a picture: white is above it"}, "0.5", {}}},
       {"mask(random:0.4, seed=3)", "mask(box:1,2,3,2)"},
       build_mask},
      {"blur",
       "y = k * x",
       "spectral with boundary=circular, or reflect and a symmetric kernel; linear else",
       {kernel_argument("", ""), boundary_argument("valid")},
       {"blur(gaussian:0.6)", "blur(gaussian:0.6, boundary=circular)",
        "blur(gaussian:0.6, boundary=reflect)", "blur(gaussian:0.6, boundary=replicate)",
        "blur(box:4, boundary=circular)", "blur(box:3, boundary=reflect)",
        "blur(box:2, boundary=reflect)", "blur(motion:4,30, boundary=valid)",
        "blur(gaussian:0.5,0.9,30, boundary=replicate)", "blur(disk:3, boundary=circular)"},
       build_blur},
      {"downsample",
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
        "downsample(3, box:3, boundary=circular)",
        "downsample(2, motion:3,45, boundary=replicate)"},
       build_downsample},
  };
  return table;
}

const Row& find_row(const ExpressionSource& source, const ExpressionCall& call) {
  std::vector<std::string> known;
  for (const Row& row : rows()) {
    if (row.name == call.name) return row;
    known.push_back(row.name);
  }
  throw source.error(call.column, fmt::format("unknown operator \"{}\"; known: {}", call.name,
                                              fmt::join(known, ", ")));
}

}  // namespace

const std::vector<OperatorRow>& operator_table() {
  static const std::vector<OperatorRow> table = [] {
    std::vector<OperatorRow> result;
    for (const Row& row : rows()) {
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
  std::vector<const Row*> found;
  for (const auto& call : calls) found.push_back(&find_row(source, call));
  std::vector<LinearPointer> operators(calls.size());
  ShapeRequest next = request;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    // From the side whose shape is known.
    const std::size_t at = request.is_measurement ? calls.size() - 1 - i : i;
    const BoundCall call(source, calls[at], found[at]->arguments, base);
    operators[at] = found[at]->build(call, next);
    next.shape =
        request.is_measurement ? operators[at]->input_shape() : operators[at]->output_shape();
  }
  if (operators.size() == 1) return operators.front();
  return std::make_shared<Composition>(std::move(operators));
}

}  // namespace restore
