// Networks trained on continuous noise levels, pixels in [-1,1]:
//   D(x; s) = c_skip x + c_out F(c_in x; c_noise).
// Karras, Aittala, Aila, Laine 2022, "Elucidating the Design Space of Diffusion-Based Generative
// Models", https://arxiv.org/abs/2206.00364, table 1
#pragma once

#include "priors/neural/checkpoint/parametrization.h"

namespace restore {

class EdmPreconditioner : public Parametrization {
 public:
  // {"preconditioning": "edm", "sigma_data": 0.5}, or "vp", or "ve" (the table's columns), with the
  // table's constants; `sigma_range` in [0,1] units, by default the one of that column. Item error
  // otherwise.
  EdmPreconditioner(const Json& config, const std::string& where);

  torch::Tensor denoise(const NetworkFunction& F, const torch::Tensor& x,
                        double sigma) const override;
  SigmaRange sigma_range() const override { return range_; }
  Json config() const override;

 private:
  enum class Column { edm, vp, ve };
  struct Coefficients {
    double skip, out, in;
  };
  Coefficients coefficients(double s) const;
  double c_noise(double s) const;

  Column column_;
  double sigma_data_ = 0.5;
  SigmaRange range_;
};

}  // namespace restore
