#include "tools/command_line/prior_output.h"

#include <fstream>

#include "librestore/core/error.h"
#include "priors/neural/prior_file.h"

namespace restore {

void check_prior_name(const std::filesystem::path& output) {
  if (output.extension() != ".safetensors")
    throw usage_error("{}: a prior is a .safetensors file; name it so", output.string());
  if (std::filesystem::is_directory(output))
    throw usage_error("{}: is a folder; a prior is one file", output.string());
}

Json read_about(const std::string& file) {
  if (file.empty()) return Json::object();
  std::ifstream stream(file);
  Json about = Json::parse(stream, nullptr, /*allow_exceptions=*/false);
  if (!about.is_object()) throw usage_error("--about {}: not a readable JSON object", file);
  for (const auto& [key, value] : about.items())
    if (is_card_fact(key))
      throw usage_error("--about {}: '{}' is a fact of the prior; leave it out", file, key);
  return about;
}

}  // namespace restore
