// Curvature flows: a picture simplified by the equations that the axioms of scale space leave.
//
// Alvarez, Guichard, Lions, Morel 1993, "Axioms and fundamental equations of image processing",
//   https://doi.org/10.1007/BF00375127
// Oberman 2004, "A convergent monotone difference scheme for motion of level sets by mean
// curvature",
//   https://doi.org/10.1007/s00211-004-0566-1
//
// u(0) = x, each channel by itself, xi the direction of the level line:
//   heat  u_t = u_xx + u_yy                                linear
//   mcm   u_t = u_xixi = |Du| curv(u)                      commutes with changes of contrast
//   amss  u_t = |Du| curv(u)^(1/3) = |Du|^(2/3) u_xixi^(1/3)   and with affine maps of area 1
//
// D(x, sigma) is u at the time that removes noise of that level from photographs best.
//
// Schemes, all monotone: x <= y everywhere implies D(x) <= D(y) (the comparison principle), and
// D(x) stays between the least and the largest value of x. With M, lo, hi the median, least and
// largest value of u on the circle of radius r (bilinear, sampled in directions that quarter turns
// and mirrors permute):
//   heat  explicit five-point steps of at most 1/4
//   mcm   v = u + 2 dt / r^2 (M - u),  dt <= r^2 / 2
//   amss  v - u = dt (2 / r^2)^(1/3) ((hi - v) / r)^(2/3) (M - v)^(1/3) where M > u, with lo below;
//         v appears on the right as well because the root is infinitely steep at M = u
// The picture is mirrored at its frame.
#pragma once

#include "librestore/model/denoiser.h"

namespace restore {

enum class Flow { heat, mcm, amss };

// u(time) from u(0) = x; time >= 0 in the units of the equations above, pixels a unit of length.
torch::Tensor curvature_flow(const torch::Tensor& x, Flow flow, double time);

class CurvatureFlow : public Denoiser {
 public:
  explicit CurvatureFlow(Flow flow = Flow::mcm) : flow_(flow) {}

  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override;
  std::optional<int> receptive_field() const override;
  std::string name() const override;

 private:
  Flow flow_;
};

}  // namespace restore
