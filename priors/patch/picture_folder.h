// The pictures of a folder, as the priors of this one take them.
#pragma once

#include <filesystem>
#include <vector>

#include <torch/types.h>

namespace restore {

// Every picture in `folder` and below, in the order of their paths. Usage error when there is none.
std::vector<std::filesystem::path> picture_paths(const std::filesystem::path& folder);

// They themselves, 1 x C x H x W each; all have three channels where one has. Item error for a
// damaged one.
std::vector<torch::Tensor> load_pictures(const std::filesystem::path& folder);

// The same stacked, n x C x H x W: usage error when two of them differ in size.
torch::Tensor load_equal_pictures(const std::filesystem::path& folder);

}  // namespace restore
