// 1x1 convolutions for weights that are applied many times, on plain rows of pixels.
//
// libtorch computes its convolutions with oneDNN (https://github.com/oneapi-src/oneDNN), but puts
// the weights in the order of its kernels at each call, and what comes out into a tensor of its
// own. Here weights are put in that order once, and results are added to, or multiplied with, what
// is there already, before they leave the registers.
#pragma once

#include <memory>

#include <ATen/ATen.h>
#include <c10/util/Optional.h>

namespace restore {

class PackedPointwise {
 public:
  enum class Result {
    plain,       // y = W x + b, in the type of x
    added,       // y += W x + b, y float32
    multiplied,  // y = (W x + b) * factor, in the type of x
  };
  // How many pixels run() takes at most: what many layers make of them one after the other stays in
  // the cache.
  static constexpr std::int64_t kMostPixels = 2048;

  // Whether the processor computes with weights of this type: float32 always, bfloat16 where it has
  // AVX-512.
  static bool takes(torch::ScalarType type);

  // weight: C_out x C_in x 1 x 1, of a type that takes() says, which is the type of x. bias: C_out,
  // or none.
  PackedPointwise(const torch::Tensor& weight, const c10::optional<torch::Tensor>& bias,
                  Result result);
  PackedPointwise(PackedPointwise&&) noexcept;
  ~PackedPointwise();

  // x: pixels x C_in, y and factor: pixels x C_out, none of them overlapping; `pixels` a power of
  // two up to kMostPixels. Computes on the calling thread; any number of threads may call at once.
  void run(std::int64_t pixels, const void* x, void* y, const void* factor = nullptr) const;

 private:
  struct Plan;
  std::unique_ptr<Plan> plan_;
};

}  // namespace restore
