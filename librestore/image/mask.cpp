#include "librestore/image/image_io.h"
#include "librestore/image/image_stream.h"

namespace restore {
namespace {

// Rec. 709 luma, written so that equal channels give their common value exactly.
torch::Tensor grey_of(const torch::Tensor& colour) {
  if (colour.size(1) == 1) return colour;
  const auto red = colour.narrow(1, 0, 1);
  const auto green = colour.narrow(1, 1, 1);
  const auto blue = colour.narrow(1, 2, 1);
  return green + 0.2126 * (red - green) + 0.0722 * (blue - green);
}

// One channel, thresholded, and whether it had one value everywhere.
class Plane {
 public:
  Plane(std::int64_t height, std::int64_t width)
      : above_(torch::empty({1, 1, height, width}, torch::kBool)) {}

  void add(const torch::Tensor& samples, std::int64_t y0, double threshold) {
    if (!first_.defined()) first_ = samples.flatten()[0].clone();
    constant_ = constant_ && samples.eq(first_).all().item<bool>();
    above_.narrow(2, y0, samples.size(2)).copy_(samples.gt(threshold));
  }
  bool is_constant() const { return constant_; }
  const torch::Tensor& above() const { return above_; }

 private:
  torch::Tensor above_, first_;
  bool constant_ = true;
};

}  // namespace

torch::Tensor load_mask(const std::filesystem::path& path, double threshold,
                        const LoadOptions& load) {
  ImageSource source(path, load);
  Plane grey(source.height(), source.width()), alpha(source.height(), source.width());
  bool has_alpha = false;
  const auto add = [&](const Image& rows, std::int64_t y0) {
    grey.add(grey_of(rows.colour), y0, threshold);
    has_alpha = rows.alpha.defined();
    if (has_alpha) alpha.add(rows.alpha, y0, threshold);
  };
  // A few rows at a time: the floats of a large mask would take more memory than its picture.
  constexpr std::int64_t kRows = 256;
  if (!source.is_upright()) {
    add(source.whole(), 0);
  } else {
    for (std::int64_t y = 0; y < source.height(); y += kRows) {
      const std::int64_t rows = std::min(kRows, source.height() - y);
      source.advance(y, y + rows);
      add(source.window(y, 0, rows, source.width()), y);
    }
  }
  const bool alpha_is_all = has_alpha && grey.is_constant() && !alpha.is_constant();
  return (alpha_is_all ? alpha : grey).above();
}

}  // namespace restore
