#include "librestore/image/image.h"

#include <cmath>
#include <limits>

#include "librestore/core/error.h"

namespace restore {

void check_finite(const Image& image, const std::filesystem::path& path, const char* advice,
                  std::int64_t y0, std::int64_t x0) {
  for (const torch::Tensor& samples : {image.colour, image.alpha}) {
    if (!samples.defined()) continue;
    const float* values = samples.data_ptr<float>();
    std::int64_t count = 0, first = -1;
    for (std::int64_t i = 0; i < samples.numel(); ++i)
      count += std::abs(values[i]) <= std::numeric_limits<float>::max() ? 0 : 1;
    if (count == 0) continue;
    while (std::isfinite(values[++first])) {
    }
    const std::int64_t pixel = first % (image.height() * image.width());
    throw item_error("{}: {} samples are NaN or infinite, the first at x={} y={}; {}",
                     path.string(), count, x0 + pixel % image.width(), y0 + pixel / image.width(),
                     advice);
  }
}

}  // namespace restore
