#include "operators/nonlinear/hybrid_input_output.h"

#include <ATen/ATen.h>

#include "librestore/model/random.h"

namespace restore {
namespace {

constexpr std::int64_t kStarts = 8;
constexpr int kRace = 200, kFeedback = 600, kReduction = 20;  // steps
constexpr double kBeta = 0.9;

// One channel, from several starts at once: K x 1 x H x W.
class PhaseRetrieval {
 public:
  // `magnitude`: H x (W/2 + 1), half of the transform of a real picture.
  PhaseRetrieval(torch::Tensor magnitude, const Shape& scene, std::int64_t height,
                 std::int64_t width)
      : magnitude_(std::move(magnitude)), scene_(scene), grid_{height, width} {}

  torch::Tensor padded(const torch::Tensor& x) const {
    return at::constant_pad_nd(x, {0, grid_[1] - scene_.width, 0, grid_[0] - scene_.height});
  }
  torch::Tensor scene(const torch::Tensor& g) const {
    return g.narrow(2, 0, scene_.height).narrow(3, 0, scene_.width).clamp(0, 1);
  }
  torch::Tensor feedback(torch::Tensor g, int steps) const {
    for (int i = 0; i < steps; ++i) {
      const auto next = with_magnitude(g);
      const auto allowed = padded(scene(next));
      // Where next = allowed: next; elsewhere g - beta (next - allowed).
      g = at::where(next == allowed, next, g.sub_(next.sub(allowed), kBeta));
    }
    return g;
  }
  torch::Tensor reduced(torch::Tensor g) const {
    for (int i = 0; i < kReduction; ++i) g = padded(scene(with_magnitude(g)));
    return g;
  }
  // Which of the starts explains the magnitude best.
  torch::Tensor best(const torch::Tensor& g) const {
    const auto error = (spectrum(reduced(g)).abs() - magnitude_).square().sum({1, 2, 3});
    return g.narrow(0, error.argmin().item<std::int64_t>(), 1).clone();
  }

 private:
  torch::Tensor spectrum(const torch::Tensor& g) const {
    return at::fft_rfft2(g, c10::nullopt, {-2, -1}, "ortho");
  }
  // F^-1 (y z / |z|), z = F g
  torch::Tensor with_magnitude(const torch::Tensor& g) const {
    return at::fft_irfft2(magnitude_ * at::sgn(spectrum(g)), grid_, {-2, -1}, "ortho");
  }

  torch::Tensor magnitude_;
  Shape scene_;
  std::vector<std::int64_t> grid_;
};

}  // namespace

torch::Tensor retrieve_phase(const torch::Tensor& y, const Shape& scene) {
  const std::int64_t height = y.size(2), width = y.size(3);
  // Real pictures have |F x|(-u) = |F x|(u): the mean of both has half the noise's variance.
  const auto mirrored = at::roll(y.flip({2, 3}), {1, 1}, {2, 3});
  const auto magnitude = ((y + mirrored) / 2).clamp_min(0).narrow(3, 0, width / 2 + 1);
  const auto starts = [&] {
    Rng rng(0);
    return rand(rng, {1, scene.height, scene.width}, kStarts, y.scalar_type());
  }();
  auto x = torch::empty(scene.batch(y.size(0)), y.options());
  for (std::int64_t n = 0; n < y.size(0); ++n) {
    torch::Tensor g;
    for (std::int64_t c = 0; c < scene.channels; ++c) {
      const PhaseRetrieval channel(magnitude[n][c].contiguous(), scene, height, width);
      if (c == 0) g = channel.best(channel.feedback(channel.padded(starts), kRace));
      g = channel.reduced(channel.feedback(g, kFeedback));
      x[n][c].copy_(channel.scene(g)[0][0]);
    }
  }
  return x;
}

}  // namespace restore
