// Non-local means: a pixel is the mean of the pixels whose surroundings look like its own.
//
// Buades, Coll, Morel 2005, "A non-local algorithm for image denoising",
//   https://doi.org/10.1109/CVPR.2005.38
// Weights for colour: Buades, Coll, Morel 2011, "Non-local means denoising",
//   https://doi.org/10.5201/ipol.2011.bcm_nlm
//
//   D(x, sigma)(i) = sum_j w(i, j) x(j) / sum_j w(i, j),  j in the 21 x 21 pixels around i,
//   w(i, j) = exp(-max(d2(i, j) - 2 sigma^2, 0) / h^2),  h = 0.5 strength sigma,
// d2 the mean square over channels of the difference of the 5 x 5 patches around i and j; j = i
// counts as much as the most similar other pixel. The picture is mirrored at its frame.
#pragma once

#include "librestore/core/parameters.h"
#include "librestore/model/denoiser.h"

namespace restore {

struct NonlocalMeansOptions {
  double strength = 1;  // scales h
};

class NonlocalMeans : public Denoiser {
 public:
  explicit NonlocalMeans(const NonlocalMeansOptions& options = {}) : options_(options) {}
  static const Parameters<NonlocalMeansOptions>& parameters();

  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override;
  std::optional<int> receptive_field() const override;
  std::string name() const override;

 private:
  NonlocalMeansOptions options_;
};

}  // namespace restore
