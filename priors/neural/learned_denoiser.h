// What denoisers made of a network share.
#pragma once

#include <map>
#include <string>

#include "librestore/core/json.h"
#include "librestore/model/denoiser.h"

namespace restore {

// The key of a card under which methods have their Denoiser::deviation_scale(): {"pigdm": 1.9,
// ...}.
constexpr const char* kDeviationScale = "deviation_scale";

// Any size (padded inside by repeating the last row and column), one or three channels; D(x, 0) =
// x; the pullback by automatic differentiation.
class LearnedDenoiser : public MmseDenoiser {
 public:
  // `card`: what is known of the network, of which deviation_scale() reads kDeviationScale.
  explicit LearnedDenoiser(std::string name, const Json& card = Json::object());

  torch::Tensor denoise(const torch::Tensor& x, double sigma) const final;
  Linearization linearize(const torch::Tensor& x, double sigma) const final;
  std::string name() const final { return name_; }
  double deviation_scale(const std::string& method) const final;

 protected:
  // D(x, sigma) for sigma > 0 and sizes that are multiples of alignment().
  virtual torch::Tensor evaluate(const torch::Tensor& x, double sigma) const = 0;

 private:
  void check_input(const torch::Tensor& x, double sigma) const;
  torch::Tensor evaluate_padded(const torch::Tensor& x, double sigma) const;

  std::string name_;
  std::map<std::string, double> deviation_scale_;  // by method
};

}  // namespace restore
