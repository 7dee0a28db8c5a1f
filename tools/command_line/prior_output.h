// What restore-train and restore-prior convert ask before they work: how the prior is called, and
// what its card shall say.
#pragma once

#include <filesystem>
#include <string>

#include "librestore/core/json.h"

namespace restore {

// Usage error for a name by which --prior would not take the file, and for a folder's.
void check_prior_name(const std::filesystem::path& output);

// The entries of --about FILE, none without a file. Usage error when it holds no JSON object, or
// has an entry that is a fact of the prior.
Json read_about(const std::string& file);

}  // namespace restore
