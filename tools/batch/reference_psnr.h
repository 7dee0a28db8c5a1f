// How near a result is to the scene itself, where somebody has that.
#pragma once

#include <filesystem>

#include <torch/types.h>

#include "librestore/core/json.h"
#include "librestore/image/image_io.h"

namespace restore {

// Adds the PSNR against the picture `reference`, where there is one of the estimate's size; both
// are clipped to [0,1], as restore-compare does it.
void add_psnr(Json& record, const std::filesystem::path& reference, const torch::Tensor& estimate,
              const LoadOptions& load);

}  // namespace restore
