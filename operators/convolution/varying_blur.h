// Blur that changes over the frame, as a sum of convolutions:
//
//   y = sum_t w_t (k_t * x),   sum_t w_t = 1 at every pixel of y
//
// so that the pixel p is blurred by sum_t w_t(p) k_t. A few weights that cover the frame make a
// product-convolution expansion; bilinear weights on a grid of tiles make each kernel that of the
// middle of its tile, blended with its neighbours', and a convolution is computed only where its
// weight is not 0.
//
//   A^T y = sum_t k~_t * (w_t y), folded back by the transposed boundary
//
// Nagy, O'Leary 1998, "Restoring images degraded by spatially variant blur";
// https://doi.org/10.1137/S106482759528507X
// Escande, Weiss 2017, "Approximation of integral operators using product-convolution expansions";
// https://doi.org/10.1007/s10851-017-0714-8
#pragma once

#include <vector>

#include "librestore/model/linear_operator.h"
#include "operators/convolution/correlation.h"

namespace restore {

struct BlurTerm {
  torch::Tensor kernel;  // float64, the same size in every term
  torch::Tensor weight;  // float64, H x W of the measurement
};

class VaryingBlur : public LinearOperator {
 public:
  // At least one term; kernels and boundaries as in operators/convolution/convolution.h. Usage
  // error when sizes do not agree.
  VaryingBlur(const std::vector<BlurTerm>& terms, const Shape& scene, Boundary boundary);

  // The measurement, continued by its edge pixels to the size of the scene.
  torch::Tensor initial_estimate(const torch::Tensor& y) const override;
  Window scene_window(const Window& seen) const override;

 private:
  struct Term {
    Window window;   // of y, where the weight is not 0
    PerType weight;  // window.height x window.width
    Correlation forward, backward;
  };

  torch::Tensor do_apply(const torch::Tensor& x) const override;
  torch::Tensor do_adjoint(const torch::Tensor& y) const override;
  // As if the scene wrapped around and were blurred by all kernels everywhere, each in proportion
  // to its weight.
  LinearMap prox_preconditioner(double rho) const override;

  AxisExtension rows_, columns_;
  Window seen_;  // the part of the scene that lies under the measurement
  std::vector<Term> terms_;
  std::int64_t grid_height_ = 0, grid_width_ = 0;
  PerType power_;  // the mean of |k_t^|^2 on that grid
};

// Weights of a grid of rows x columns equal tiles, row by row: bilinear between the middles of
// tiles, constant beyond the outer ones. height x width each, float64, their sum 1.
std::vector<torch::Tensor> tile_weights(std::int64_t rows, std::int64_t columns,
                                        std::int64_t height, std::int64_t width);
// The squared distance from the middle of the frame, 1 in its corners: how aberrations of a lens
// grow.
torch::Tensor radial_weight(std::int64_t height, std::int64_t width);

// The kernel between zeros, its centre kept: rows x columns no smaller than it.
torch::Tensor pad_kernel(const torch::Tensor& kernel, std::int64_t rows, std::int64_t columns);
// All of them padded to the largest rows and columns.
std::vector<torch::Tensor> pad_alike(std::vector<torch::Tensor> kernels);

}  // namespace restore
