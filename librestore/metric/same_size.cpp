#include "librestore/metric/same_size.h"

#include <fmt/format.h>

#include "librestore/core/error.h"

namespace restore {
namespace {

std::string size_text(const torch::Tensor& x) {
  return fmt::format("{}", fmt::join(x.sizes(), "x"));
}

}  // namespace

void check_same_size(const torch::Tensor& reference, const torch::Tensor& image) {
  const bool is_picture = reference.dim() == 4 && reference.size(0) == 1 && reference.numel() > 0;
  if (!is_picture || reference.sizes() != image.sizes())
    throw item_error(
        "a picture of {} cannot be compared with a reference of {} (1 x channels x "
        "rows x columns): give two of one size and channel count",
        size_text(image), size_text(reference));
}

}  // namespace restore
