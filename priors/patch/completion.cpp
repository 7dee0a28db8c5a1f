// Wexler, Shechtman, Irani 2007, "Space-time completion of video",
// https://doi.org/10.1109/TPAMI.2007.60
// Newson, Almansa, Gousseau, Perez 2017, "Non-local patch-based image inpainting",
// https://doi.org/10.5201/ipol.2017.189
#include "priors/patch/completion.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include <ATen/ATen.h>

#include "librestore/core/error.h"
#include "librestore/core/parallel.h"
#include "priors/patch/nearest_windows.h"
#include "priors/patch/scale.h"

namespace restore {
namespace {

constexpr double kExactCost = 5e8;  // operations, about a tenth of a second
constexpr int kSweeps = 3;
constexpr double kDepthDecay = 1 / 1.3;  // Wexler et al.'s gamma = 1.3
constexpr std::uint64_t kKey = 1;

// Scale f of a picture with holes: a reduced pixel is known when all of its pixels are.
HoledPicture holed(const torch::Tensor& x, const torch::Tensor& known, int f) {
  const auto small = reduce(x.to(torch::kFloat32), f)[0].permute({1, 2, 0}).contiguous();
  const auto whole = (reduce(known.to(torch::kFloat32), f) > 1 - 0.5 / (f * f)).contiguous();
  const float* pixels = small.data_ptr<float>();
  const bool* flags = whole.data_ptr<bool>();
  return {small.size(0),
          small.size(1),
          small.size(2),
          {pixels, pixels + small.numel()},
          {flags, flags + whole.numel()}};
}

torch::Tensor tensor_of(const HoledPicture& picture) {
  return torch::tensor(picture.pixels)
      .reshape({1, picture.height, picture.width, picture.channels})
      .permute({0, 3, 1, 2})
      .contiguous();
}

// The rings of 4-neighbours from the known pixels: 0 where known.
std::vector<std::int32_t> depths_of(const HoledPicture& picture) {
  const auto H = picture.height, W = picture.width;
  std::vector<std::int32_t> depths(picture.known.size());
  const auto at = [&](std::int64_t y, std::int64_t x) {
    return y < 0 || x < 0 || y >= H || x >= W ? std::numeric_limits<std::int32_t>::max() / 2
                                              : depths[y * W + x];
  };
  for (std::int64_t q = 0; q < H * W; ++q)
    if (!picture.known[q]) depths[q] = std::min(at(q / W - 1, q % W), at(q / W, q % W - 1)) + 1;
  for (std::int64_t q = H * W - 1; q >= 0; --q)
    if (!picture.known[q])
      depths[q] = std::min(depths[q], std::min(at(q / W + 1, q % W), at(q / W, q % W + 1)) + 1);
  return depths;
}

// One scale of a run: the picture and the match of every window.
class Scale {
 public:
  Scale(HoledPicture picture, int f)
      : f_(f), picture_(std::move(picture)), windows_(picture_), depths_(depths_of(picture_)) {}
  Scale(const Scale&) = delete;

  int f() const { return f_; }
  const HoledPicture& picture() const { return picture_; }
  void set_pixels(std::vector<float> pixels) { picture_.pixels = std::move(pixels); }

  void fill_inwards();
  void take_over(const Scale& coarse);
  void search();
  // s: as in the equation; without it all windows count alike.
  void vote(std::optional<double> s);

 private:
  void vote_at(std::int64_t y, std::int64_t x, std::optional<double> s, float* out) const;

  int f_;
  HoledPicture picture_;
  NearestWindows windows_;
  std::vector<std::int32_t> depths_;  // rings of a window's middle from the border of its hole
  std::uint64_t searches_ = 0;
};

// Layer by layer, each pixel from the middle of the source that agrees best with what is known or
// filled around it.
void Scale::fill_inwards() {
  const auto H = picture_.height, W = picture_.width, C = picture_.channels;
  auto valid = picture_.known;
  auto reached = picture_.known;  // valid, or of the layer
  std::vector<std::int64_t> layer;
  const auto reach = [&](std::int64_t q) {
    if (!std::exchange(reached[q], 1)) layer.push_back(q);
  };
  const auto reach_beside = [&](std::int64_t q) {
    if (q >= W) reach(q - W);
    if (q + W < H * W) reach(q + W);
    if (q % W > 0) reach(q - 1);
    if (q % W + 1 < W) reach(q + 1);
  };
  for (std::int64_t q = 0; q < H * W; ++q)
    if (valid[q]) reach_beside(q);
  while (!layer.empty()) {
    // No pixel of a layer is looked at for another one.
    parallel_ranges(static_cast<std::int64_t>(layer.size()), 1, [&](auto begin, auto end) {
      for (auto k = begin; k < end; ++k) {
        const auto q = layer[k];
        const auto y = std::clamp<std::int64_t>(q / W - kWindow / 2, 0, H - kWindow);
        const auto x = std::clamp<std::int64_t>(q % W - kWindow / 2, 0, W - kWindow);
        const auto best = windows_.nearest_over(y, x, valid);
        const auto from = (best.y + q / W - y) * W + best.x + q % W - x;
        std::copy_n(picture_.pixels.begin() + from * C, C, picture_.pixels.begin() + q * C);
      }
    });
    const auto filled = std::exchange(layer, {});
    for (const auto q : filled) valid[q] = 1;
    for (const auto q : filled) reach_beside(q);
  }
}

// A window's match is where the coarse window that holds its first pixel has gone.
void Scale::take_over(const Scale& coarse) {
  const int ratio = coarse.f_ / f_;
  for (std::int64_t y = 0; y < windows_.rows(); ++y)
    for (std::int64_t x = 0; x < windows_.columns(); ++x) {
      const auto v = std::min(y / ratio, coarse.windows_.rows() - 1);
      const auto u = std::min(x / ratio, coarse.windows_.columns() - 1);
      const bool moved = !coarse.windows_.is_source(v, u);
      const auto& m = coarse.windows_.match(v, u);
      const auto ty = (moved ? m.y - v : 0) * ratio + y, tx = (moved ? m.x - u : 0) * ratio + x;
      if (windows_.is_source(ty, tx))
        windows_.set_match(y, x, {static_cast<std::int32_t>(ty), static_cast<std::int32_t>(tx), 0});
    }
  windows_.improve(1, kKey);
  vote({});
}

void Scale::search() {
  if (windows_.exact_cost() < kExactCost) return windows_.search_exactly();
  windows_.improve(kSweeps, kKey + ++searches_);
}

void Scale::vote_at(std::int64_t y, std::int64_t x, std::optional<double> s, float* out) const {
  const auto C = picture_.channels;
  const auto top = std::max<std::int64_t>(0, y - kWindow + 1);
  const auto left = std::max<std::int64_t>(0, x - kWindow + 1);
  const auto bottom = std::min(y, windows_.rows() - 1), right = std::min(x, windows_.columns() - 1);
  const auto depth = [&](std::int64_t v, std::int64_t u) {
    return depths_[(v + kWindow / 2) * picture_.width + u + kWindow / 2];
  };
  // Both exponents from their smallest on: deep in a hole all weights would be 0.
  float nearest = windows_.match(top, left).distance;
  auto shallowest = depth(top, left);
  for (auto v = top; v <= bottom; ++v)
    for (auto u = left; u <= right; ++u) {
      nearest = std::min(nearest, windows_.match(v, u).distance);
      shallowest = std::min(shallowest, depth(v, u));
    }
  const double precision = s ? 1 / (2 * *s * *s * kWindow * kWindow * static_cast<double>(C)) : 0;
  double total = 0;
  std::vector<double> sum(static_cast<std::size_t>(C));
  for (auto v = top; v <= bottom; ++v)
    for (auto u = left; u <= right; ++u) {
      const auto& m = windows_.match(v, u);
      const double w = std::exp(-precision * (m.distance - nearest)) *
                       std::pow(kDepthDecay, depth(v, u) - shallowest);
      const float* pixel =
          picture_.pixels.data() + ((m.y + y - v) * picture_.width + m.x + x - u) * C;
      for (std::int64_t c = 0; c < C; ++c) sum[c] += w * pixel[c];
      total += w;
    }
  for (std::int64_t c = 0; c < C; ++c) out[c] = static_cast<float>(sum[c] / total);
}

void Scale::vote(std::optional<double> s) {
  auto voted = picture_.pixels;
  parallel_ranges(picture_.height, 4, [&](std::int64_t begin, std::int64_t end) {
    for (auto y = begin; y < end; ++y)
      for (std::int64_t x = 0; x < picture_.width; ++x)
        if (const auto q = y * picture_.width + x; picture_.known[q] == 0)
          vote_at(y, x, s, voted.data() + q * picture_.channels);
  });
  picture_.pixels = std::move(voted);
}

class Session : public DenoiserSession {
 public:
  explicit Session(torch::Tensor known) : known_(std::move(known)) {}
  torch::Tensor denoise(const torch::Tensor& x, double sigma) override;

 private:
  void enter(HoledPicture picture, int f);

  torch::Tensor known_;
  std::unique_ptr<Scale> scale_;
};

void Session::enter(HoledPicture picture, int f) {
  if (scale_ && scale_->f() == f) {
    scale_->set_pixels(std::move(picture.pixels));
    return;
  }
  auto next = std::make_unique<Scale>(std::move(picture), f);
  if (scale_ && scale_->f() > f)
    next->take_over(*scale_);
  else
    next->fill_inwards();
  scale_ = std::move(next);
}

torch::Tensor Session::denoise(const torch::Tensor& x, double sigma) {
  if (sigma == 0) return x;
  int f = reduction_for(sigma);
  auto picture = holed(x, known_, f);
  while (f > 1 && !has_source(picture)) picture = holed(x, known_, f /= 2);
  enter(std::move(picture), f);
  scale_->search();
  scale_->vote(sigma / f);
  const auto filled = enlarge(tensor_of(scale_->picture()), f, x.size(2), x.size(3));
  return torch::where(known_, x, filled.to(x.options()));
}

}  // namespace

PatchCompletion::PatchCompletion(torch::Tensor known) : known_(std::move(known)) {
  if (!has_source(holed(known_.to(torch::kFloat32), known_, 1)))
    throw item_error(
        "prior 'self': no {} x {} pixels in one piece that are known; use another prior", kWindow,
        kWindow);
}

torch::Tensor PatchCompletion::denoise(const torch::Tensor& x, double sigma) const {
  return session()->denoise(x, sigma);
}

std::unique_ptr<DenoiserSession> PatchCompletion::session() const {
  return std::make_unique<Session>(known_);
}

}  // namespace restore
