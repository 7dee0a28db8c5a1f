// The size of one picture: channels, rows, columns; and parts of it. Batches put N in front.
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

inline Shape shape_of(const torch::Tensor& x) { return {x.size(-3), x.size(-2), x.size(-1)}; }

// A rectangle of pixels: rows [y0, y1()) and columns [x0, x1()).
struct Window {
  std::int64_t y0 = 0, x0 = 0, height = 0, width = 0;

  static Window between(std::int64_t y0, std::int64_t x0, std::int64_t y1, std::int64_t x1) {
    return {y0, x0, y1 - y0, x1 - x0};
  }
  std::int64_t y1() const { return y0 + height; }
  std::int64_t x1() const { return x0 + width; }
  std::int64_t area() const { return height * width; }
  // The same pixels, counted from the corner of `outer`.
  Window inside(const Window& outer) const { return {y0 - outer.y0, x0 - outer.x0, height, width}; }
  // The same in a picture that many times as large.
  Window scaled(std::int64_t factor) const {
    return {y0 * factor, x0 * factor, height * factor, width * factor};
  }
  bool operator==(const Window&) const = default;
};

// A window of ... x H x W, as a view.
inline torch::Tensor cut(const torch::Tensor& x, const Window& window) {
  return x.narrow(-2, window.y0, window.height).narrow(-1, window.x0, window.width);
}

}  // namespace restore
