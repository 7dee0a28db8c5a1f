// Downsampling with any kernel: y = (k * x) at the rows and columns phase, phase + s, phase + 2 s
// ...
//
// With a circular boundary and sides that are multiples of s this is the model of the
// super-resolution literature (DPIR, USRNet: phase 0, `[::s, ::s]`), and A A^T is circular
// convolution on the small grid by the s x s aliases of |k^|^2, folded and averaged:
//
//   lambda(u, v) = 1/s^2 sum_{a,b < s} |k^(u + a H/s, v + b W/s)|^2
//   prox:  x = v + A^T F^-1 [ F(y - A v) / (lambda + rho) ]
//
// Zhao, Wei, Basarab, Dobigeon, Kouame, Tourneret 2016, "Fast single image super-resolution using a
// new analytical solution for l2-l2 problems"; https://doi.org/10.1109/TIP.2016.2567075
// Otherwise prox is by CG in the measurement's space, preconditioned with the same lambda.
#pragma once

#include <memory>

#include "operators/convolution/convolution.h"

namespace restore {

// Which of the s x s pixels of a cell is kept.
enum class Phase {
  centre,  // floor((s-1)/2): with a kernel of s's parity (SizeParity) in phase with image tools
  corner,  // 0
};

class Decimation : public LinearOperator {
 public:
  // Usage error when a side is shorter than the factor.
  Decimation(const torch::Tensor& kernel, const Shape& scene, std::int64_t factor, Phase phase,
             const ConvolutionOptions& options);

  double norm() const override;
  // Bicubic enlargement.
  torch::Tensor initial_estimate(const torch::Tensor& y) const override;
  Window scene_window(const Window& seen) const override;

 private:
  Decimation(std::shared_ptr<const LinearOperator> convolution, const torch::Tensor& kernel,
             std::int64_t factor, Phase phase, const ConvolutionOptions& options);

  torch::Tensor do_apply(const torch::Tensor& x) const override;
  torch::Tensor do_adjoint(const torch::Tensor& y) const override;
  torch::Tensor do_pseudo_inverse(const torch::Tensor& y) const override;
  torch::Tensor do_prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const override;
  // F^-1 [ gain F(r) ] on the small grid.
  torch::Tensor filter(const torch::Tensor& r, const torch::Tensor& gain) const;

  std::shared_ptr<const LinearOperator> convolution_;
  torch::Tensor kernel_;
  ConvolutionOptions options_;
  std::int64_t factor_;
  Phase phase_;
  std::int64_t first_;  // the first row and column that are kept
  bool closed_form_;
  std::int64_t grid_height_, grid_width_;  // lambda's grid: the measurement's, or larger and fast
  PerType lambda_;
};

}  // namespace restore
