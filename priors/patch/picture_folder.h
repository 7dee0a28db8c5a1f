// The pictures of a folder, as the priors of this one take them.
#pragma once

#include <filesystem>
#include <vector>

#include <torch/types.h>

#include "librestore/core/error.h"

namespace restore {

// Every picture in `folder` and below, in the order of their paths. Usage error when it cannot be
// read, an error of code `none` when no picture is there.
std::vector<std::filesystem::path> picture_paths(const std::filesystem::path& folder,
                                                 ExitCode none = ExitCode::usage);

// They themselves, 1 x C x H x W each; all have three channels where one has. Item error for a
// damaged one.
std::vector<torch::Tensor> load_pictures(const std::filesystem::path& folder);

// The same stacked, n x C x H x W: usage error when two of them differ in size.
torch::Tensor load_equal_pictures(const std::filesystem::path& folder);

}  // namespace restore
