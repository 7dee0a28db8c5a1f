// A table that operators need in the type of the tensor they are given: computed in float64 on
// first use, rounded to float32 on first use there, and then kept.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include <torch/types.h>

namespace restore {

class PerType {
 public:
  PerType() = default;
  // `make` returns a float64 or complex128 tensor.
  explicit PerType(std::function<torch::Tensor()> make) : state_(std::make_shared<State>()) {
    state_->make = std::move(make);
  }

  // The table in `type` (float32 or float64) or in the complex type made of it. Safe for threads.
  const torch::Tensor& in(torch::ScalarType type) const {
    std::call_once(state_->wide_once, [&] { state_->wide = state_->make(); });
    if (type == torch::kFloat64) return state_->wide;
    std::call_once(state_->narrow_once, [&] {
      state_->narrow =
          state_->wide.to(state_->wide.is_complex() ? torch::kComplexFloat : torch::kFloat32);
    });
    return state_->narrow;
  }

 private:
  struct State {
    std::function<torch::Tensor()> make;
    std::once_flag wide_once, narrow_once;
    torch::Tensor wide, narrow;
  };
  std::shared_ptr<State> state_;
};

}  // namespace restore
