// --uncertainty: a standard deviation as a picture.
#pragma once

#include <filesystem>
#include <string>

#include <torch/types.h>

#include "librestore/core/json.h"
#include "librestore/core/temporary_file.h"
#include "librestore/run/items.h"

namespace restore {

// The file of an item: `out` itself, or, in a folder (it exists as one, or ends with '/'), the
// item's name with the extension .exr.
std::filesystem::path uncertainty_file(const std::string& out, const Item& item);

// Adds it to what each item writes; usage error when several pictures would share one file.
void add_uncertainty_files(const std::string& out, Plan& plan);

// EXR and TIFF hold the deviation in units of the picture's values, 1 x C x H x W. Formats of whole
// numbers hold it times 4, so that white is 0.25. Adds the mean (and the factor, if any) to
// `record`.
void save_uncertainty(const torch::Tensor& deviation, const std::filesystem::path& file,
                      IfExists if_exists, Json& record);

}  // namespace restore
