// What a picture is after JPEG: colours to luma and chroma, chroma smaller, 8 x 8 blocks of
// cosines, each coefficient rounded to a multiple of its step, and back.
//
//   y = clip(C^-1 U T^-1 q(T S C clip(x))),   q(c) = step round(c / step)
//
// with C the colour transform, S and U the sampling of chroma, T the transform of the blocks. Three
// channels are coded as colours; any other number as grey planes. What ITU-T T.81 and JFIF leave
// open is done as libjpeg does it: tables scaled by quality, chroma from means of neighbours and
// back by triangles, the frame filled up to whole blocks by repeating its last row and column.
// libjpeg also rounds samples to 8 bits on the way.
//
// vjp passes straight through the rounding: that of clip(C^-1 U S C clip(x)). The prox goes to the
// nearest coefficients that q rounds to those of y, for all pictures with these explain y alike.
#pragma once

#include "librestore/model/operator.h"
#include "operators/nonlinear/chroma_sampling.h"

namespace restore {

struct JpegOptions {
  int quality = 75;                                         // 1 to 100, libjpeg's
  ChromaSampling sampling{.vertical = 2, .horizontal = 2};  // 4:2:0; {1, 2}: 4:2:2; {1, 1}: 4:4:4
  bool rounds = true;                                       // false: q(c) = c
};

class Jpeg : public Operator {
 public:
  Jpeg(const Shape& shape, const JpegOptions& options);

  // The measurement itself: it looks like the scene.
  torch::Tensor initial_estimate(const torch::Tensor& y) const override { return y.clone(); }
  // Without rounding only chroma is changed, by averages of it: at most ||C^-1 diag(1, 0, 0) C||
  // = 1.16 where chroma is lost, and edges where it is repeated stay below kNorm.
  double norm() const override { return colour() ? kNorm : 1; }
  std::shared_ptr<const Operator> differentiable() const override;

 private:
  static constexpr double kNorm = 1.3;

  // Planes of one size that share their steps: all of a grey picture, luma, or both of chroma. N x
  // C x H x W whole blocks.
  struct Planes {
    torch::Tensor luma, chroma;  // chroma undefined where there is none
  };

  torch::Tensor do_apply(const torch::Tensor& x) const override;
  torch::Tensor do_vjp(const torch::Tensor& x, const torch::Tensor& v) const override;
  torch::Tensor do_prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const override;

  bool colour() const { return input_shape().channels == 3; }
  // S C x on whole blocks, grey at 0, and C^-1 U, cut to the frame.
  Planes split(const torch::Tensor& x) const;
  torch::Tensor join(const Planes& planes) const;
  // C^-1 U S C x and its transpose.
  torch::Tensor smooth(const torch::Tensor& x) const;
  torch::Tensor smooth_transposed(const torch::Tensor& v) const;
  torch::Tensor padded(const torch::Tensor& x) const;
  torch::Tensor padded_transposed(const torch::Tensor& x) const;

  JpegOptions options_;
  torch::Tensor luma_steps_, chroma_steps_, cosines_, colours_;  // float64
};

}  // namespace restore
