// For every window of a picture that touches a hole, the window without one that is most like it.
//
// Barnes, Shechtman, Finkelstein, Goldman 2009, "PatchMatch: a randomized correspondence algorithm
//   for structural image editing", https://doi.org/10.1145/1531326.1531330
//
// Sweeps read the last sweep's matches and write new ones, so that neither the order of the windows
// nor the number of threads matters; propagation looks 1 and 4 windows away instead of along the
// scan.
#pragma once

#include <cstdint>
#include <vector>

namespace restore {

// A picture with holes: pixels H x W x C, known H x W, 0 in the holes.
struct HoledPicture {
  std::int64_t height = 0, width = 0, channels = 0;
  std::vector<float> pixels;
  std::vector<std::uint8_t> known;
};

constexpr int kWindow = 7;

// Whether there is a window without a hole.
bool has_source(const HoledPicture& picture);

// A window is named by its first pixel.
struct Match {
  std::int32_t y = -1, x = -1;  // a window with no hole; -1: none yet
  float distance = 0;           // sum of squared differences over kWindow^2 C values
};

class NearestWindows {
 public:
  // Keeps a reference to the picture, which has_source(), whose pixels may change and whose holes
  // may not.
  explicit NearestWindows(const HoledPicture& picture);

  std::int64_t rows() const { return picture_.height - kWindow + 1; }
  std::int64_t columns() const { return picture_.width - kWindow + 1; }
  bool is_source(std::int64_t y, std::int64_t x) const;

  // The match of the window at (y, x); only those of windows that touch a hole mean anything.
  const Match& match(std::int64_t y, std::int64_t x) const { return matches_[y * columns() + x]; }
  void set_match(std::int64_t y, std::int64_t x, const Match& match);

  // Every match anew, by comparing all windows.
  void search_exactly();
  // `sweeps` of propagation and random search from the matches so far. The random numbers are a
  // function of `key` and of the window.
  void improve(int sweeps, std::uint64_t key);
  // Operations that search_exactly() takes.
  double exact_cost() const;

  // The source nearest to the window at (y, x) over those of its pixels that are true in `valid` (H
  // x W).
  Match nearest_over(std::int64_t y, std::int64_t x, const std::vector<std::uint8_t>& valid) const;

 private:
  float distance(std::int64_t y, std::int64_t x, std::int64_t v, std::int64_t u, float bound) const;
  void consider(std::int64_t y, std::int64_t x, std::int64_t v, std::int64_t u, Match& best) const;
  Match swept(std::int64_t index, std::uint64_t key, std::uint32_t sweep) const;

  const HoledPicture& picture_;
  std::vector<std::uint8_t> is_source_;          // rows x columns
  std::vector<std::int32_t> sources_, targets_;  // indices into it: without a hole, and with one
  std::vector<Match> matches_;                   // rows x columns
};

}  // namespace restore
