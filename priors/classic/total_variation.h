// Total variation: pictures are made of regions, and the length of their borders is what they cost.
//
// Rudin, Osher, Fatemi 1992, "Nonlinear total variation based noise removal algorithms",
//   https://doi.org/10.1016/0167-2789(92)90242-F
// Colour: Bresson, Chan 2008, "Fast dual minimization of the vectorial total variation norm",
//   https://doi.org/10.3934/ipi.2008.2.455
// Solved by FGP: Beck, Teboulle 2009, "Fast gradient-based algorithms for constrained total
// variation
//   image denoising and deblurring problems", https://doi.org/10.1109/TIP.2009.2028250
//
//   TV(u) = sum over pixels of |D u|,  |D u|^2 = sum over channels of (d_x u_c)^2 + (d_y u_c)^2,
// d_x, d_y forward differences, 0 past the last column and row (Neumann). Channels share one
// gradient magnitude, so their edges fall together.
#pragma once

#include <string>
#include <vector>

#include <torch/types.h>

#include "librestore/core/parameters.h"
#include "librestore/model/denoiser.h"

namespace restore {

// TV(u) of each item: N x C x H x W, float32 or float64 -> N, float64.
torch::Tensor total_variation(const torch::Tensor& u);

struct TvProxOptions {
  double tolerance = 1e-3;    // stop at a duality gap of this times the primal objective
  int max_iterations = 1000;  // 10 to 30 are usual
};

// What is known about the prox of one item. Strong convexity bounds the distance to the true
// minimiser:
// ||u - u*||^2 <= 2 (primal - dual).
struct TvCertificate {
  double primal = 0;  // 1/2 ||u - x||^2 + weight TV(u)
  double dual = 0;    // <x, D^T p> - 1/2 ||D^T p||^2 <= the minimum
  int iterations = 0;
  bool converged = false;
  double gap() const { return primal - dual; }
};

struct TvProx {
  torch::Tensor u;     // N x C x H x W
  torch::Tensor dual;  // p, N x 2C x H x W: channel 2 c along x, 2 c + 1 along y; u = x - D^T p
  std::vector<TvCertificate> certificates;  // one an item
};

// argmin_u 1/2 ||u - x||^2 + weight TV(u) for each item; weight >= 0, 0 gives x.
// `start`: a dual field to start from, of an earlier call with about the same x and any weight; {}:
// 0. Items are independent, and the result is the same for any number of threads, bit for bit.
TvProx total_variation_prox(const torch::Tensor& x, double weight,
                            const TvProxOptions& options = {}, const torch::Tensor& start = {});

struct TotalVariationOptions {
  double strength = 1;      // scales the weight; 1 is the best PSNR on photographs
  double tolerance = 1e-3;  // relative duality gap
};

// D(x, sigma) = argmin_u 1/2 ||u - x||^2 + strength weight(sigma) TV(u).
class TotalVariation : public Denoiser {
 public:
  explicit TotalVariation(const TotalVariationOptions& options = {});

  static const Parameters<TotalVariationOptions>& parameters();
  // 1.75 sigma^1.2. Measured: the weights of best PSNR on photographs (CBSD68) are
  // 0.74, 1.00, 1.12, 1.30, 1.67 sigma at sigma = 5, 15, 25, 50, 255 / 255. They grow faster than
  // sigma, as the threshold of one wavelet coefficient would, and far slower than the sigma^2 of a
  // fixed energy.
  static double weight(double sigma);

  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override;
  // Starts from the dual field of the last call: about a third of the iterations in ADMM.
  std::unique_ptr<DenoiserSession> session() const override;
  std::optional<int> receptive_field() const override { return std::nullopt; }
  std::string name() const override;

 private:
  TotalVariationOptions options_;
};

}  // namespace restore
