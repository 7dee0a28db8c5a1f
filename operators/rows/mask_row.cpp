#include "librestore/image/image_io.h"
#include "operators/rows/row.h"
#include "operators/sampling/mask.h"
#include "operators/sampling/mask_patterns.h"

namespace restore {
namespace {

using Kind = ArgumentInfo::Kind;
using LinearPointer = std::shared_ptr<const LinearOperator>;

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

// The only number after the colon, whole and at least 1.
std::int64_t count_of(const ExpressionValue& source, const std::string& usage) {
  const auto& numbers = source.numbers;
  if (numbers.size() != 1 || numbers[0] != std::floor(numbers[0]) || !(numbers[0] >= 1) ||
      numbers[0] > 1e6)
    throw usage_error("write {}, a whole number from 1", usage);
  return static_cast<std::int64_t>(numbers[0]);
}

torch::Tensor missing_pixels(const BoundCall& call, const Shape& shape) {
  const auto& source = call.value("source");
  if (source.kind != ExpressionValue::Kind::spec)
    return load_mask(call.path(source), call.number("threshold"));
  const auto& numbers = source.numbers;
  const auto seed = static_cast<std::uint64_t>(call.whole("seed"));
  if (source.head == "random" && numbers.size() == 1 && numbers[0] >= 0 && numbers[0] < 1)
    return random_missing(shape, numbers[0], seed);
  if (source.head == "random")
    throw usage_error("write random:FRACTION, the fraction of missing pixels from 0 to below 1");
  if (source.head == "box") {
    const auto missing = box_missing(shape, box_of(numbers));
    if (!missing.any().item<bool>())
      throw usage_error("the box lies beside the picture, which is {} x {} pixels", shape.width,
                        shape.height);
    return missing;
  }
  if (source.head == "scratches")
    return scratches_missing(shape, count_of(source, "scratches:COUNT"), seed);
  if (source.head == "checker") return checker_missing(shape, count_of(source, "checker:SIZE"));
  throw usage_error("unknown mask \"{}\"; known: random, box, scratches, checker, or a file",
                    source.head);
}

LinearPointer build_mask(const BoundCall& call, const ShapeRequest& request) {
  return at_argument(call, "source", [&] {
    return std::make_shared<Mask>(request.shape, missing_pixels(call, request.shape));
  });
}

}  // namespace

OperatorRecipe mask_row() {
  return {
      "mask",
      "y = m x, m = 0 where the mask is white",
      Rung::spectral,
      "",
      {{Kind::free,
        {"source", "", 0, 0,
         "a picture (white: missing), random:FRACTION, box:X,Y,WIDTH,HEIGHT, scratches:COUNT or "
         "checker:SIZE"},
        "",
        {}},
       {Kind::whole, {"seed", "", 0, kMaxSeed, "of random and scratches"}, "0", {}},
       {Kind::number, {"threshold", "[0,1]", 0, 1, "of a picture: white is above it"}, "0.5", {}}},
      {"mask(random:0.4, seed=3)", "mask(box:1,2,3,2)", "mask(scratches:2, seed=1)",
       "mask(checker:2)"},
      build_mask};
}

}  // namespace restore
