// How noisy is a picture? The estimators of `--noise auto(NAME)`, the first of them that of
// `--noise auto`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <torch/types.h>

#include "librestore/model/noise_model.h"

namespace restore {

// A picture with a shorter side tells too little.
inline constexpr std::int64_t kSmallestForNoise = 24;

struct Estimator {
  std::string name;
  std::string summary;   // one line
  std::string citation;  // authors year, title, link
  bool white;            // always finds white noise
  // The noise of y, N x C x H x W, whose values end at `range` (1, or more in float files): they
  // are clipped there and at 0. White noise is at least `least`. Usage error when a side is shorter
  // than kSmallestForNoise.
  std::shared_ptr<const NoiseModel> (*estimate)(const torch::Tensor& y, double range, double least);
};

const std::vector<Estimator>& estimator_table();

// Usage error that lists the known names.
const Estimator& find_estimator(const std::string& name);

}  // namespace restore
