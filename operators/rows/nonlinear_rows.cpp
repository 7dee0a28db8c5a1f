// The operators that are not linear.
#include <cmath>
#include <fstream>
#include <iterator>

#include "operators/nonlinear/clip.h"
#include "operators/nonlinear/fourier_magnitude.h"
#include "operators/nonlinear/jpeg.h"
#include "operators/nonlinear/quantise.h"
#include "operators/nonlinear/response.h"
#include "operators/rows/row.h"

namespace restore {
namespace {

using Kind = ArgumentInfo::Kind;
using OperatorPointer = std::shared_ptr<const Operator>;

OperatorPointer build_clip(const BoundCall& call, const ShapeRequest& request) {
  const ClipOptions options{call.number("low"), call.number("high"), call.number("exposure")};
  return at_argument(call, "low", [&] { return std::make_shared<Clip>(request.shape, options); });
}

torch::Tensor numbers_in(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file)
    throw usage_error("{}: no such file, and no curve of that name; known: gamma:G, srgb",
                      path.string());
  const std::vector<double> values{std::istream_iterator<double>(file), {}};
  if (!file.eof())
    throw usage_error("{}: number {} cannot be read", path.string(), values.size() + 1);
  return torch::tensor(values, torch::kFloat64);
}

ResponseCurve curve_of(const BoundCall& call) {
  const auto& curve = call.value("curve");
  if (curve.kind == ExpressionValue::Kind::word && curve.text == "srgb")
    return ResponseCurve::srgb();
  if (curve.kind != ExpressionValue::Kind::spec)
    return ResponseCurve::table(numbers_in(call.path(curve)));
  const auto& numbers = curve.numbers;
  if (curve.head != "gamma")
    throw usage_error("unknown curve \"{}\"; known: gamma:G, srgb, or a file", curve.head);
  if (numbers.size() != 1 || !(numbers[0] >= 0.1 && numbers[0] <= 10))
    throw usage_error("write gamma:G, G from 0.1 to 10");
  return ResponseCurve::gamma(numbers[0]);
}

OperatorPointer build_response(const BoundCall& call, const ShapeRequest& request) {
  return at_argument(call, "curve",
                     [&] { return std::make_shared<Response>(request.shape, curve_of(call)); });
}

OperatorPointer build_quantise(const BoundCall& call, const ShapeRequest& request) {
  return std::make_shared<Quantise>(request.shape, static_cast<int>(call.whole("bits")));
}

ChromaSampling sampling_of(const std::string& name) {
  if (name == "444") return {1, 1};
  if (name == "422") return {1, 2};
  return {2, 2};
}

OperatorPointer build_jpeg(const BoundCall& call, const ShapeRequest& request) {
  return std::make_shared<Jpeg>(request.shape, JpegOptions{static_cast<int>(call.whole("quality")),
                                                           sampling_of(call.choice("chroma"))});
}

OperatorPointer build_magnitude(const BoundCall& call, const ShapeRequest& request) {
  const double factor = call.number("oversampling");
  const auto scaled = [&](double by) -> Shape {
    const auto side = [&](std::int64_t n) {
      return static_cast<std::int64_t>(std::floor(static_cast<double>(n) * by));
    };
    return {request.shape.channels, side(request.shape.height), side(request.shape.width)};
  };
  if (!request.is_measurement)
    return std::make_shared<FourierMagnitude>(request.shape, scaled(factor));
  const auto scene = scaled(1 / factor);
  if (scene.numel() == 0)
    throw call.error("oversampling", "the measurement is smaller than one pixel times it");
  return std::make_shared<FourierMagnitude>(scene, request.shape);
}

}  // namespace

OperatorRecipe clip_row() {
  return {"clip",
          "y = min(max(exposure x, low), high): over-exposure",
          Rung::nonlinear,
          ", pixel by pixel",
          {{Kind::number, {"high", "[0,1]", -1e3, 1e3, "where light is cut off"}, "1", {}},
           {Kind::number, {"low", "[0,1]", -1e3, 1e3, "where darkness is"}, "0", {}},
           {Kind::number, {"exposure", "", 1e-3, 1e3, "what light is multiplied by"}, "1", {}}},
          {"clip", "clip(0.7, low=0.2, exposure=1.5)"},
          build_clip};
}

OperatorRecipe response_row() {
  return {"response",
          "y = f(x): a camera's response curve",
          Rung::nonlinear,
          ", pixel by pixel",
          {{Kind::free,
            {"curve", "", 0, 0,
             "gamma:G for x^(1/G), srgb, or a text file of values at even steps from 0 to 1"},
            "",
            {}}},
          {"response(gamma:2.2)", "response(gamma:0.5)", "response(srgb)"},
          build_response};
}

OperatorRecipe quantise_row() {
  return {"quantise",
          "y = x rounded to multiples of 1 / (2^bits - 1)",
          Rung::nonlinear,
          ", pixel by pixel; vjp passes straight through the rounding",
          {{Kind::whole, {"bits", "", 1, 16, "of a value"}, "8", {}}},
          {"quantise(1)", "quantise(4)"},
          build_quantise};
}

OperatorRecipe jpeg_row() {
  return {"jpeg",
          "y = x after JPEG: blocks of cosines, each coefficient rounded",
          Rung::nonlinear,
          "; vjp passes straight through the rounding",
          {{Kind::whole, {"quality", "", 1, 100, "as libjpeg counts it"}, "", {}},
           {Kind::choice,
            {"chroma", "", 0, 0, "sampling of colour, half along both sides, one or none"},
            "420",
            {"420", "422", "444"}}},
          {"jpeg(10)", "jpeg(80, 422)", "jpeg(50, chroma=444)"},
          build_jpeg};
}

OperatorRecipe magnitude_row() {
  return {"magnitude",
          "y = |F x|, x padded with zeros: the magnitude of the Fourier transform",
          Rung::nonlinear,
          "",
          {{Kind::number, {"oversampling", "", 1, 16, "of both sides of the grid"}, "2", {}}},
          {"magnitude", "magnitude(1)", "magnitude(1.5)"},
          build_magnitude};
}

}  // namespace restore
