// The pictures of a folder, as the priors of this one take them.
#pragma once

#include <filesystem>
#include <vector>

#include <torch/types.h>

namespace restore {

// Every picture in `folder` and below, 1 x C x H x W each, in the order of their paths; all have three
// channels where one has. Usage error when there is none, item error for a damaged one.
std::vector<torch::Tensor> load_pictures(const std::filesystem::path& folder);

// The same stacked, n x C x H x W: usage error when two of them differ in size.
torch::Tensor load_equal_pictures(const std::filesystem::path& folder);

}  // namespace restore
