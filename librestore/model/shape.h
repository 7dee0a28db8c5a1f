// The size of one picture: channels, rows, columns. Batches put N in front.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <torch/types.h>

namespace restore {

struct Shape {
  std::int64_t channels = 0, height = 0, width = 0;

  std::int64_t pixels() const { return height * width; }
  std::int64_t numel() const { return channels * height * width; }
  std::vector<std::int64_t> batch(std::int64_t n) const { return {n, channels, height, width}; }
  std::string to_string() const { return fmt::format("{}x{}x{}", channels, height, width); }
  bool operator==(const Shape&) const = default;
};

// A rectangle of pixels.
struct Window {
  std::int64_t y0 = 0, x0 = 0, height = 0, width = 0;
  bool operator==(const Window&) const = default;
};

inline Shape shape_of(const torch::Tensor& x) { return {x.size(-3), x.size(-2), x.size(-1)}; }

}  // namespace restore
