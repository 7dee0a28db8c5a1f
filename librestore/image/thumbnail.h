// Pictures made small, to be looked at beside each other.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <torch/types.h>

#include "librestore/image/image_io.h"

namespace restore {

// 1 x C x H x W -> 1 x C x h x w, the longer of h and w at most `side`, never larger than it was:
// means over the pixels that each covers.
torch::Tensor reduced(const torch::Tensor& x, std::int64_t side);
// The same of a picture's colour, over white where it is transparent.
torch::Tensor reduced(const Image& picture, std::int64_t side);
// The same of a file, which is read a few rows at a time unless it is held turned. Errors as
// load_image.
torch::Tensor load_reduced(const std::filesystem::path& path, std::int64_t side,
                           const LoadOptions& options = {});

// The picture (1 x C x h x w, clamped to [0,1]) as a JPEG in a `data:` URL.
std::string jpeg_url(const torch::Tensor& picture);

}  // namespace restore
