// Operators that measure some of the scene's values or coefficients.
#include <cmath>

#include "librestore/image/image_io.h"
#include "operators/rows/row.h"
#include "operators/sampling/crop.h"
#include "operators/sampling/fourier_sampling.h"
#include "operators/sampling/hadamard_sampling.h"
#include "operators/sampling/mosaic.h"

namespace restore {
namespace {

using Kind = ArgumentInfo::Kind;
using LinearPointer = std::shared_ptr<const LinearOperator>;

ArgumentInfo seed_argument() {
  return {Kind::whole, {"seed", "", 0, kMaxSeed, "of the choice"}, "0", {}};
}

LinearPointer build_crop(const BoundCall& call, const ShapeRequest& request) {
  const std::int64_t margin = call.whole("margin");
  Shape scene = request.shape;
  if (request.is_measurement)
    scene = {scene.channels, scene.height + 2 * margin, scene.width + 2 * margin};
  return at_argument(call, "margin", [&] { return std::make_shared<Crop>(scene, margin); });
}

LinearPointer build_mosaic(const BoundCall& call, const ShapeRequest& request) {
  Shape scene = request.shape;
  if (request.is_measurement && scene.channels != 1)
    throw call.error(
        fmt::format("a mosaic is a picture of one channel, this one has {}", scene.channels));
  if (request.is_measurement) scene.channels = 3;
  return at_argument(call, "pattern",
                     [&] { return std::make_shared<Mosaic>(scene, call.choice("pattern")); });
}

LinearPointer build_hadamard(const BoundCall& call, const ShapeRequest& request) {
  const double fraction = call.number("fraction");
  Shape scene = request.shape;
  if (request.is_measurement)
    scene.height = std::llround(static_cast<double>(scene.height) / fraction);
  const auto rows =
      std::max<std::int64_t>(std::llround(fraction * static_cast<double>(scene.height)), 1);
  return std::make_shared<HadamardSampling>(scene, rows,
                                            static_cast<std::uint64_t>(call.whole("seed")));
}

torch::Tensor measured_frequencies(const BoundCall& call, const Shape& scene) {
  const auto& pattern = call.value("pattern");
  // A picture of the pattern has frequency 0 in its middle.
  if (pattern.kind != ExpressionValue::Kind::spec) {
    const auto picture = load_mask(call.path(pattern))[0][0];
    return picture.roll({-(picture.size(0) / 2), -(picture.size(1) / 2)}, {0, 1});
  }
  const auto seed = static_cast<std::uint64_t>(call.whole("seed"));
  const double centre = call.number("centre");
  const double number = pattern.numbers[0];
  const bool one = pattern.numbers.size() == 1;
  if (pattern.head == "random" && one && number > 0 && number <= 1)
    return random_frequencies(scene, number, centre, seed);
  if (pattern.head == "lines" && one && number > 0 && number <= 1)
    return random_lines(scene, number, centre, seed);
  if (pattern.head == "radial" && one && number == std::floor(number) && number >= 1 &&
      number <= 1e6)
    return radial_frequencies(scene, static_cast<std::int64_t>(number));
  throw usage_error(
      "write random:FRACTION, lines:FRACTION (above 0, at most 1), radial:SPOKES or a file");
}

LinearPointer build_fourier(const BoundCall& call, const ShapeRequest& request) {
  return at_argument(call, "pattern", [&] {
    return std::make_shared<FourierSampling>(request.shape,
                                             measured_frequencies(call, request.shape));
  });
}

}  // namespace

OperatorRecipe crop_row() {
  return {"crop",
          "y = x without a margin: the scene reaches past the frame",
          Rung::spectral,
          "",
          {{Kind::whole, {"margin", "px", 0, 65536, "on every side"}, "", {}}},
          {"crop(0)", "crop(2)"},
          build_crop};
}

OperatorRecipe mosaic_row() {
  return {"mosaic",
          "y(i, j) = x(c(i, j), i, j): a Bayer sensor; one channel, the size of the scene",
          Rung::spectral,
          "",
          {{Kind::choice,
            {"pattern", "", 0, 0, "filters of the upper left 2 x 2 pixels, row by row"},
            "rggb",
            {"rggb", "bggr", "grbg", "gbrg"}}},
          {"mosaic", "mosaic(bggr)", "mosaic(grbg)", "mosaic(gbrg)"},
          build_mosaic,
          3};
}

OperatorRecipe hadamard_row() {
  return {"hadamard",
          "y = S H D x: compressed sensing by Walsh-Hadamard coefficients of random signs D",
          Rung::spectral,
          "",
          {{Kind::number,
            {"fraction", "", 1e-4, 1, "of the coefficients, so many rows of the picture"},
            "",
            {}},
           seed_argument()},
          {"hadamard(0.5)", "hadamard(0.3, seed=5)", "hadamard(1)"},
          build_hadamard};
}

OperatorRecipe fourier_row() {
  return {"fourier",
          "y = m Hartley(x): some frequencies, 0 elsewhere; frequency 0 in the corner",
          Rung::spectral,
          "",
          {{Kind::free,
            {"pattern", "", 0, 0,
             "random:FRACTION, lines:FRACTION (whole rows), radial:SPOKES, or a picture (white: "
             "measured; "
             "frequency 0 in the middle)"},
            "",
            {}},
           {Kind::number,
            {"centre", "", 0, 1, "part of each axis that random and lines measure in any case"},
            "0.08",
            {}},
           seed_argument()},
          {"fourier(random:0.4, seed=2)", "fourier(lines:0.3, centre=0.2)", "fourier(radial:3)",
           "fourier(random:1)"},
          build_fourier};
}

}  // namespace restore
