// A part of a picture that is restored by itself, and how a restoration may be cut into parts.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <torch/types.h>

#include "librestore/model/denoiser.h"
#include "librestore/model/noise_model.h"
#include "librestore/model/shape.h"

namespace restore {

// Where the values of a picture end: 1, or more in float files.
double range_of(const torch::Tensor& y);

// Which part of the picture a piece of work is about.
struct Part {
  Window window;                       // in the whole picture, which is
  std::int64_t height = 0, width = 0;  // so large
  double range = 1;                    // of the whole picture, see restorer.h
  // The noise of the whole picture where it was looked for, and the level that noise which is not
  // white is whitened to in all of it.
  std::shared_ptr<const NoiseModel> found{};
  std::optional<double> level{};
  bool is_whole() const { return window.height == height && window.width == width; }
  // What a model for the whole measurement, a picture of `channels`, says of this part.
  std::shared_ptr<const NoiseModel> noise(const std::shared_ptr<const NoiseModel>& model,
                                          std::int64_t channels) const;
};

// Whether the operators of an expression look only near each pixel; else why it cannot be cut.
std::string obstacle_to_parts(const std::string& expression);
// The halo that hides the seams of a prior, px of the scene: its receptive field within reason.
std::int64_t part_halo(const Denoiser& prior);
// What to tell of parts when a prior sees past that halo; empty when it does not.
std::string part_remark(const Denoiser& prior);
// Where parts may begin, px.
std::int64_t part_alignment(const Denoiser& prior);

}  // namespace restore
