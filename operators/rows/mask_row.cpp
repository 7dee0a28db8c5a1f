#include "operators/rows/row.h"
#include "operators/sampling/mask.h"

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

}  // namespace

OperatorRecipe mask_row() {
  return {
      "mask",
      "y = m x, m = 0 where the mask is white",
      "spectral",
      {{Kind::free,
        {"source", "", 0, 0, "a picture (white: missing), random:FRACTION or box:X,Y,WIDTH,HEIGHT"},
        "",
        {}},
       {Kind::whole, {"seed", "", 0, kMaxSeed, "of random"}, "0", {}},
       {Kind::number, {"threshold", "[0,1]", 0, 1, "of a picture: white is above it"}, "0.5", {}}},
      {"mask(random:0.4, seed=3)", "mask(box:1,2,3,2)"},
      build_mask};
}

}  // namespace restore
