#include "tools/batch/reference_psnr.h"

#include <fmt/format.h>

#include "librestore/core/error.h"
#include "librestore/metric/psnr.h"
#include "tools/restoration/record.h"

namespace restore {

void add_psnr(Json& record, const std::filesystem::path& reference, const torch::Tensor& estimate,
              const LoadOptions& load) {
  if (reference.empty() || !std::filesystem::exists(reference)) return;
  try {
    const auto scene = load_image(reference, load).colour;
    if (scene.sizes() == estimate.sizes())
      record["psnr"] = psnr(scene.clamp(0, 1), estimate.clamp(0, 1));
  } catch (const Error& error) {
    add_remark(record, fmt::format("no PSNR: {}", error.what()));
  }
}

}  // namespace restore
