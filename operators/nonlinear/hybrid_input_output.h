// A picture from the magnitude of its Fourier transform.
// Fienup 1982, "Phase retrieval algorithms: a comparison"; https://doi.org/10.1364/AO.21.002758
//
//   g'   = F^-1 (y F g / |F g|)
//   g  <-  g'                 where g' may be the scene's: inside its frame and in [0,1]
//          g - beta (g' - c)  elsewhere, c the nearest that the scene may be (hybrid input-output)
//          c                  in the last steps (error reduction)
//
// From one random start in a few it ends near the scene, from others in local minima, which explain
// y worse: of all that of the smallest residual goes on. A scene turned by 180 degrees has the same
// magnitudes, and one of the two is found. The channels after the first start where the one before
// ended, and are turned alike.
#pragma once

#include <torch/types.h>

#include "librestore/model/shape.h"

namespace restore {

// y: N x C x H x W, of at least the scene's sides; noise may have made it negative or asymmetric.
// Some 2400 transforms there and back for the first channel, 620 for each further one.
torch::Tensor retrieve_phase(const torch::Tensor& y, const Shape& scene);

}  // namespace restore
