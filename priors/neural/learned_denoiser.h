// What denoisers made of a network share.
#pragma once

#include "librestore/model/denoiser.h"

namespace restore {

// Any size (padded inside by repeating the last row and column), one or three channels; D(x, 0) = x;
// the pullback by automatic differentiation.
class LearnedDenoiser : public MmseDenoiser {
 public:
  explicit LearnedDenoiser(std::string name) : name_(std::move(name)) {}

  torch::Tensor denoise(const torch::Tensor& x, double sigma) const final;
  Linearization linearize(const torch::Tensor& x, double sigma) const final;
  std::string name() const final { return name_; }

 protected:
  // D(x, sigma) for sigma > 0 and sizes that are multiples of alignment().
  virtual torch::Tensor evaluate(const torch::Tensor& x, double sigma) const = 0;

 private:
  void check_input(const torch::Tensor& x, double sigma) const;
  torch::Tensor evaluate_padded(const torch::Tensor& x, double sigma) const;

  std::string name_;
};

}  // namespace restore
