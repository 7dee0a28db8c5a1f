// The scene rotated, scaled, sheared and moved: y(p) = x(M^-1 p), between pixels by Keys's cubic
// (operators/numeric/keys_cubic.h), about the middle c of the frame:
//
//   p = c + d + M (q - c),   M = R(angle) [1 shear; 0 1] diag(scale aspect, scale),   y(p) = x(q)
//
// The measurement has the size of the scene; what comes from beyond its frame is up to the
// boundary. No antialiasing: a scene made much smaller is to be blurred first.
//
// The adjoint spreads each pixel of y over the 16 pixels of x that it was made of, in bands of x
// that share nothing, so that the result does not depend on the threads.
#pragma once

#include <memory>
#include <utility>

#include "librestore/model/linear_operator.h"
#include "operators/convolution/boundary.h"

namespace restore {

struct AffineMotion {
  double dx = 0, dy = 0;  // d: pixels to the right and down
  double angle = 0;       // degrees, counter-clockwise
  double scale = 1;       // above 0: larger than 1 enlarges
  double shear = 0;       // x moves by shear y
  double aspect = 1;      // above 0: x is stretched by it
};

class Affine : public LinearOperator {
 public:
  // Usage error for a `valid` boundary: the frame of the scene is the measurement's.
  Affine(const Shape& shape, const AffineMotion& motion, Boundary boundary);

  // Of one channel: all are moved alike.
  double norm() const override;

 private:
  torch::Tensor do_apply(const torch::Tensor& x) const override;
  torch::Tensor do_adjoint(const torch::Tensor& y) const override;

  std::pair<std::int64_t, std::int64_t> columns_meeting(double i, std::int64_t from,
                                                        std::int64_t to, std::int64_t width) const;

  // Pixel (i, j) of y shows the point (x0 + xi i + xj j, y0 + yi i + yj j) of the extended scene.
  double x0_ = 0, xi_ = 0, xj_ = 0, y0_ = 0, yi_ = 0, yj_ = 0;
  AxisExtension rows_, columns_;
  std::shared_ptr<const Affine> plane_;  // null for one channel
};

}  // namespace restore
