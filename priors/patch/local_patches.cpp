// Kamb, Ganguli 2025, "An analytic theory of creativity in convolutional diffusion models",
// https://arxiv.org/abs/2412.20292
#include "priors/patch/local_patches.h"

#include <ATen/ATen.h>

#include "librestore/core/error.h"
#include "librestore/core/interrupt.h"
#include "librestore/model/shape.h"
#include "priors/patch/patch_prior.h"
#include "priors/patch/scale.h"

namespace restore {

torch::Tensor local_mmse_in_place(const torch::Tensor& x, double s, const torch::Tensor& pictures,
                                  int p) {
  torch::Tensor maximum, sum, total;
  for (const auto& picture : pictures.split(1)) {
    throw_if_interrupted();
    // sum over W(q) of ||x - x_i||^2: zeros outside the frame add nothing.
    const auto squares = (x - picture).square().sum(1, /*keepdim=*/true);
    const auto logits =
        at::avg_pool2d(squares, {p, p}, {1, 1}, {p / 2, p / 2}) * (-p * p / (2 * s * s));
    if (!maximum.defined()) {
      maximum = logits;
      sum = picture.expand_as(x).clone();
      total = torch::ones_like(logits);
      continue;
    }
    const auto next = torch::maximum(maximum, logits);
    const auto before = (maximum - next).exp(), weight = (logits - next).exp();
    sum = sum * before + weight * picture;
    total = total * before + weight;
    maximum = next;
  }
  return sum / total;
}

LocalPatches::LocalPatches(torch::Tensor pictures, std::string name)
    : pictures_(std::move(pictures)), name_(std::move(name)) {}

torch::Tensor LocalPatches::denoise(const torch::Tensor& x, double sigma) const {
  if (shape_of(x) != shape_of(pictures_))
    throw usage_error("prior '{}': a picture of {}, but the folder's are {}", name_,
                      shape_of(x).to_string(), shape_of(pictures_).to_string());
  if (sigma == 0) return x.clone();
  const int f = PatchPrior::reduction(sigma);
  const auto D = local_mmse_in_place(reduce(x, f), sigma / f, reduce(pictures_.to(x.options()), f),
                                     PatchPrior::window(sigma));
  return enlarge(D, f, x.size(2), x.size(3));
}

}  // namespace restore
