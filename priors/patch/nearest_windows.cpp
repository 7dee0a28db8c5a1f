// Barnes, Shechtman, Finkelstein, Goldman 2009, "PatchMatch: a randomized correspondence algorithm
// for structural image editing", https://doi.org/10.1145/1531326.1531330
#include "priors/patch/nearest_windows.h"

#include <algorithm>
#include <limits>

#include "librestore/core/parallel.h"
#include "librestore/core/rng.h"

namespace restore {
namespace {

constexpr float kFar = std::numeric_limits<float>::infinity();
constexpr std::int64_t kGrain = 256;  // windows that a thread takes at once

// The integer in [low, high] that 16 random bits stand for.
std::int64_t between(std::int64_t low, std::int64_t high, std::uint32_t bits) {
  return low + static_cast<std::int64_t>(bits & 0xffff) * (high - low + 1) / 0x10000;
}

bool is_whole(const HoledPicture& picture, std::int64_t y, std::int64_t x) {
  for (int i = 0; i < kWindow; ++i) {
    const auto row = picture.known.begin() + (y + i) * picture.width + x;
    if (!std::all_of(row, row + kWindow, [](std::uint8_t known) { return known != 0; }))
      return false;
  }
  return true;
}

}  // namespace

bool has_source(const HoledPicture& picture) {
  for (std::int64_t y = 0; y + kWindow <= picture.height; ++y)
    for (std::int64_t x = 0; x + kWindow <= picture.width; ++x)
      if (is_whole(picture, y, x)) return true;
  return false;
}

NearestWindows::NearestWindows(const HoledPicture& picture)
    : picture_(picture),
      is_source_(static_cast<std::size_t>(rows() * columns())),
      matches_(is_source_.size()) {
  for (std::int64_t y = 0; y < rows(); ++y)
    for (std::int64_t x = 0; x < columns(); ++x) {
      const bool whole = is_whole(picture_, y, x);
      const auto index = y * columns() + x;
      is_source_[index] = whole;
      (whole ? sources_ : targets_).push_back(static_cast<std::int32_t>(index));
    }
}

bool NearestWindows::is_source(std::int64_t y, std::int64_t x) const {
  return y >= 0 && x >= 0 && y < rows() && x < columns() && is_source_[y * columns() + x] != 0;
}

void NearestWindows::set_match(std::int64_t y, std::int64_t x, const Match& match) {
  matches_[y * columns() + x] = match;
}

// Given up with what there is once it is `bound` or more.
float NearestWindows::distance(std::int64_t y, std::int64_t x, std::int64_t v, std::int64_t u,
                               float bound) const {
  const auto C = picture_.channels, W = picture_.width;
  float sum = 0;
  for (int i = 0; i < kWindow && sum < bound; ++i) {
    const float* a = picture_.pixels.data() + ((y + i) * W + x) * C;
    const float* b = picture_.pixels.data() + ((v + i) * W + u) * C;
    for (std::int64_t j = 0; j < kWindow * C; ++j) sum += (a[j] - b[j]) * (a[j] - b[j]);
  }
  return sum;
}

void NearestWindows::consider(std::int64_t y, std::int64_t x, std::int64_t v, std::int64_t u,
                              Match& best) const {
  if (!is_source(v, u)) return;
  const float d = distance(y, x, v, u, best.distance);
  if (d < best.distance) best = {static_cast<std::int32_t>(v), static_cast<std::int32_t>(u), d};
}

double NearestWindows::exact_cost() const {
  return static_cast<double>(targets_.size()) * static_cast<double>(sources_.size()) *
         static_cast<double>(kWindow * kWindow * picture_.channels);
}

void NearestWindows::search_exactly() {
  const auto count = static_cast<std::int64_t>(targets_.size());
  parallel_ranges(count, kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (auto k = begin; k < end; ++k) {
      const auto target = targets_[k];
      Match best{-1, -1, kFar};
      for (const auto source : sources_)
        consider(target / columns(), target % columns(), source / columns(), source % columns(),
                 best);
      matches_[target] = best;
    }
  });
}

Match NearestWindows::swept(std::int64_t index, std::uint64_t key, std::uint32_t sweep) const {
  const auto y = index / columns(), x = index % columns();
  auto best = matches_[index];
  // Pixels have changed since the match was found.
  best.distance = is_source(best.y, best.x) ? distance(y, x, best.y, best.x, kFar) : kFar;
  for (const int step : {1, 4})
    for (const auto& [dy, dx] : {std::pair{0, -step}, {0, step}, {-step, 0}, {step, 0}}) {
      const auto v = y + dy, u = x + dx;
      if (v < 0 || u < 0 || v >= rows() || u >= columns()) continue;
      // A neighbour without a hole is its own match.
      const auto& beside = match(v, u);
      if (!is_source(v, u)) consider(y, x, beside.y - dy, beside.x - dx, best);
    }
  // Around the best so far, in a radius that halves.
  std::uint32_t draw = 0;
  for (auto radius = std::max(rows(), columns()); radius >= 1; radius /= 2) {
    const auto bits = philox4x32_10({static_cast<std::uint32_t>(index), sweep, draw++, 0}, key);
    // Without a match, around the window itself.
    const std::int64_t v = best.y < 0 ? y : best.y, u = best.y < 0 ? x : best.x;
    consider(
        y, x,
        between(std::max<std::int64_t>(0, v - radius), std::min(rows() - 1, v + radius), bits[0]),
        between(std::max<std::int64_t>(0, u - radius), std::min(columns() - 1, u + radius),
                bits[1]),
        best);
  }
  if (best.y >= 0) return best;
  const auto bits = philox4x32_10({static_cast<std::uint32_t>(index), sweep, draw, 1}, key);
  const auto source = sources_[bits[0] % sources_.size()];
  consider(y, x, source / columns(), source % columns(), best);
  return best;
}

void NearestWindows::improve(int sweeps, std::uint64_t key) {
  const auto count = static_cast<std::int64_t>(targets_.size());
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    auto next = matches_;
    parallel_ranges(count, kGrain, [&](std::int64_t begin, std::int64_t end) {
      for (auto k = begin; k < end; ++k)
        next[targets_[k]] = swept(targets_[k], key, static_cast<std::uint32_t>(sweep));
    });
    matches_ = std::move(next);
  }
}

Match NearestWindows::nearest_over(std::int64_t y, std::int64_t x,
                                   const std::vector<std::uint8_t>& valid) const {
  const auto C = picture_.channels, W = picture_.width;
  Match best{-1, -1, kFar};
  for (const auto source : sources_) {
    const auto v = source / columns(), u = source % columns();
    float sum = 0;
    for (std::int64_t i = 0; i < kWindow && sum < best.distance; ++i)
      for (std::int64_t j = 0; j < kWindow; ++j) {
        if (valid[(y + i) * W + x + j] == 0) continue;
        const float* a = picture_.pixels.data() + ((y + i) * W + x + j) * C;
        const float* b = picture_.pixels.data() + ((v + i) * W + u + j) * C;
        for (std::int64_t c = 0; c < C; ++c) sum += (a[c] - b[c]) * (a[c] - b[c]);
      }
    if (sum < best.distance)
      best = {static_cast<std::int32_t>(v), static_cast<std::int32_t>(u), sum};
  }
  return best;
}

}  // namespace restore
