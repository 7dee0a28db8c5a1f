#include "tools/batch/uncertainty.h"

#include "librestore/core/error.h"
#include "librestore/core/output_folder.h"
#include "librestore/image/formats.h"
#include "librestore/image/image_io.h"
#include "tools/batch/side_output.h"

namespace restore {
namespace {

namespace fs = std::filesystem;

constexpr double kWhole = 4;

SideOutput side_output(const std::string& out) { return {"--uncertainty", out, ".exr"}; }

}  // namespace

fs::path uncertainty_file(const std::string& out, const Item& item) {
  return side_output(out).file(item);
}

void add_uncertainty_files(const std::string& out, Plan& plan) {
  const auto side = side_output(out);
  if (plan.items.size() > 1) side.check_takes_several();
  for (Item& item : plan.items) {
    const auto file = side.file(item);
    if (!is_image_path(file))
      throw usage_error(
          "--uncertainty {}: no picture format has this extension; .exr holds it best",
          file.string());
    item.also_writes.push_back(file);
  }
}

void save_uncertainty(const torch::Tensor& deviation, const fs::path& file, IfExists if_exists,
                      Json& record) {
  const bool floats = holds_floats(*format_for(file));
  Image picture;
  picture.colour = floats ? deviation : (deviation * kWhole).clamp(0, 1);
  picture.sample_type = floats ? SampleType::float32 : SampleType::uint8;
  make_folder_of(file);
  save_image(picture, file, {.if_exists = if_exists});
  record["uncertainty"] = file.string();
  record["mean_deviation"] = deviation.mean().item<double>();
  if (!floats) record["uncertainty_factor"] = kWhole;
}

}  // namespace restore
