#include "librestore/model/random.h"

namespace restore {
namespace {

using Fill = void (Rng::*)(std::span<float>, FieldWindow);

torch::Tensor field(Rng& rng, Fill fill, const Shape& shape, std::int64_t n, torch::ScalarType type,
                    std::int64_t y0, std::int64_t x0) {
  auto values = torch::empty(shape.batch(n), torch::kFloat32);
  const auto count = static_cast<std::size_t>(shape.numel());
  const FieldWindow window{shape.channels, shape.height, shape.width, y0, x0};
  for (std::int64_t item = 0; item < n; ++item) {
    Rng stream = rng.for_sample(rng.sample() + static_cast<std::uint32_t>(item));
    stream.set_step(rng.step());
    (stream.*fill)({values.data_ptr<float>() + item * shape.numel(), count}, window);
  }
  rng.set_step(rng.step() + 1);
  return values.to(type);
}

}  // namespace

torch::Tensor randn(Rng& rng, const Shape& shape, std::int64_t n, torch::ScalarType type,
                    std::int64_t y0, std::int64_t x0) {
  return field(rng, &Rng::normal, shape, n, type, y0, x0);
}

torch::Tensor randn_like(Rng& rng, const torch::Tensor& x) {
  return randn(rng, shape_of(x), x.size(0), x.scalar_type());
}

torch::Tensor rand(Rng& rng, const Shape& shape, std::int64_t n, torch::ScalarType type) {
  return field(rng, static_cast<Fill>(&Rng::uniform), shape, n, type, 0, 0);
}

}  // namespace restore
