// What a network's output means: how D(x, sigma), pixels in [0,1], is made of F(x, level), whatever
// range and schedule the network was trained with.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "librestore/core/json.h"
#include "librestore/model/denoiser.h"

namespace restore {

// F of Architecture::forward with its weights.
using NetworkFunction = std::function<torch::Tensor(const torch::Tensor& x, double level)>;

class Parametrization {
 public:
  virtual ~Parametrization() = default;

  // D(x, sigma), sigma > 0. Outside sigma_range() F is asked at the nearest level that it knows.
  virtual torch::Tensor denoise(const NetworkFunction& F, const torch::Tensor& x,
                                double sigma) const = 0;
  virtual SigmaRange sigma_range() const = 0;  // trained, [0,1] units
  // What make_parametrization() makes this of.
  virtual Json config() const = 0;
};

// {"kind": "estimate", "sigma_range": [a, b]}: D = F(x, sigma).
// {"kind": "discrete", ...}: discrete_diffusion.h. {"kind": "edm", ...}: edm_preconditioner.h.
// Item error that names `where` for what is not one of these.
std::unique_ptr<Parametrization> make_parametrization(const Json& config, const std::string& where);

}  // namespace restore
