// --noise of the tools that restore: what the noise is, or how to find out.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <torch/types.h>

#include "librestore/model/noise_model.h"

namespace restore {

class NoiseOption {
 public:
  // An expression of operators/noise_factory.h, `auto`, or `auto(ESTIMATOR)` with an estimator of
  // operators/noise/estimators.h. Usage error otherwise, with the column. Relative paths are
  // relative to `base`.
  explicit NoiseOption(const std::string& text, const std::filesystem::path& base = {});

  // Null for `auto`.
  const std::shared_ptr<const NoiseModel>& model() const { return model_; }
  // Whether it is white, whatever the picture.
  bool is_white() const;
  // The model as it was given, or as y shows it: N x C x H x W, values in [0,1] or, from float
  // files, beyond. An estimate is white noise of at least `least`, which is also the answer for
  // pictures too small to tell, or, with auto(poisson-gaussian), a model with the gain.
  std::shared_ptr<const NoiseModel> of(const torch::Tensor& y, double least) const;

 private:
  std::shared_ptr<const NoiseModel> model_;
  std::string estimator_;
};

}  // namespace restore
