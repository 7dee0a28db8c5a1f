#include "librestore/image/image_io.h"

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

bool is_constant(const torch::Tensor& samples) {
  return samples.eq(samples.flatten()[0]).all().item<bool>();
}

}  // namespace

torch::Tensor load_mask(const std::filesystem::path& path, double threshold) {
  const Image image = load_image(path);
  const auto grey = grey_of(image.colour);
  const bool alpha_is_all = image.alpha.defined() && is_constant(grey) && !is_constant(image.alpha);
  return (alpha_is_all ? image.alpha : grey).gt(threshold);
}

}  // namespace restore
