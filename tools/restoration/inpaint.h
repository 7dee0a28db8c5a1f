// Fills the holes of a picture, computing only around them.
#pragma once

#include <cstdint>
#include <memory>

#include <torch/types.h>

#include "librestore/core/json.h"
#include "tools/restoration/part.h"
#include "tools/restoration/restorer.h"

namespace restore {

struct Inpainted {
  torch::Tensor colour;  // outside the holes the picture's own values
  torch::Tensor
      deviation;     // of the samples, 0 outside the holes; undefined where none was asked for
  Json record;       // of all regions together, with `regions` and `computed_pixels`
  double known = 0;  // values that the record's residual is about
};

// How far around a hole the picture is looked at, px.
std::int64_t inpainting_margin(const Denoiser& prior);

// `colour`: 1 x C x H x W; `holes`: 1 x 1 x H x W bool, some true. Each region of hole_regions is
// one problem of its own. What the picture holds in its holes does not matter. Item error when a
// region has no known pixel or does not work out. `noise`: where it is known; else the restorer's.
Inpainted inpaint(const Restorer& restorer, const torch::Tensor& colour, const torch::Tensor& holes,
                  const Part& part, std::uint64_t image, Observer& observer,
                  const std::shared_ptr<const NoiseModel>& noise = nullptr);

}  // namespace restore
