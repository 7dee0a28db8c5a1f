// Phase retrieval: only the magnitude of the Fourier transform is measured.
//
//   y = |F P x|,   F orthonormal, P pads every channel with zeros to the grid of y
//
// A picture is told by it up to its mirror image and its sign where the grid is at least twice as
// large along each axis (Hayes 1982, "The reconstruction of a multidimensional sequence from the
// phase or magnitude of its Fourier transform", https://doi.org/10.1109/TASSP.1982.1163863).
//
//   J^T v = P^T Re F^-1 (v z / |z|),   z = F P x;   0 where z = 0
#pragma once

#include "librestore/model/operator.h"

namespace restore {

class FourierMagnitude : public Operator {
 public:
  // `grid`: at least as large as the scene, with as many channels.
  FourierMagnitude(const Shape& scene, const Shape& grid) : Operator(scene, grid) {}

  double norm() const override { return 1; }
  // By hybrid input-output (operators/nonlinear/hybrid_input_output.h): descent from anything plain
  // ends in a local minimum.
  torch::Tensor initial_estimate(const torch::Tensor& y) const override;
  // Frequencies are no places: always the whole scene.
  Window scene_window(const Window& seen) const override;

 private:
  torch::Tensor do_apply(const torch::Tensor& x) const override;
  torch::Tensor do_vjp(const torch::Tensor& x, const torch::Tensor& v) const override;
  torch::Tensor spectrum(const torch::Tensor& x) const;
};

}  // namespace restore
