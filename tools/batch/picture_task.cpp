#include "tools/batch/picture_task.h"

#include <ATen/ops/cat.h>

#include "librestore/core/error.h"
#include "librestore/image/formats.h"
#include "tools/restoration/record.h"

namespace restore {

torch::Tensor colours_of(const std::vector<Sample>& samples) {
  std::vector<torch::Tensor> colours;
  for (const auto& sample : samples) colours.push_back(sample.picture.colour);
  return at::cat(colours);
}

double brightest_measured(const PictureTask& task, const Image& picture, const Part& part) {
  return (task.measured ? task.measured(picture, part) : picture.colour).max().item<double>();
}

void remark_on_range(Json& record, double given, double brightest, SampleType type,
                     const std::filesystem::path& output) {
  constexpr double kMoreThanNoise = 1.05;  // noise that was taken away leaves less above white
  if (given <= 1 || brightest <= kMoreThanNoise) return;
  if (!is_float(nearest_sample_type(*format_for(output), type)))
    add_remark(record, "values above 1 are cut off, .exr would keep them");
}

void check_not_black(const PictureTask& task, double result, double given) {
  if (!task.may_be_black && result <= 0 && given > 0)
    throw item_error("the result is black; another --method or lower --noise may work");
}

}  // namespace restore
