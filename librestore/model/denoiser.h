// A prior is a denoiser: D(x, sigma), the estimate of x0 from x = x0 + sigma n, n ~ N(0, I).
//
// x is N x C x H x W, pixels in [0,1] (values outside are legal: noise puts them there), sigma >= 0
// in the same unit. Denoisers are immutable and safe to share by threads; items of a batch are
// independent.
//
// Laws (tests/support/denoiser_laws.h):
//   D1  shape and type of D(x, sigma) are those of x, any H, W >= 1.
//   D2  D(x, 0) = x.
//   D3  a change further away than receptive_field() pixels changes nothing.
//   M1  (MMSE) vjp(v) = J^T v, against central differences in float64 where the prior computes so.
//   M2  (MMSE, exact priors) the score is the closed form's, at every intermediate state.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <torch/types.h>

namespace restore {

// The noise levels a prior is made for; solvers clamp to them. 1e30: no limit (JSON has no
// infinity).
struct SigmaRange {
  double minimum = 0;
  double maximum = 1e30;
};

// One run of calls on pictures that change little from call to call. A denoiser that iterates
// inside may start where its last call ended: the same D to the same tolerance, sooner. One
// thread's.
class DenoiserSession {
 public:
  virtual ~DenoiserSession() = default;
  virtual torch::Tensor denoise(const torch::Tensor& x, double sigma) = 0;
};

class Denoiser {
 public:
  virtual ~Denoiser() = default;

  virtual torch::Tensor denoise(const torch::Tensor& x, double sigma) const = 0;
  // The distance in pixels beyond which an input pixel cannot change an output pixel; empty:
  // unbounded.
  virtual std::optional<int> receptive_field() const = 0;
  // D commutes with shifts by multiples of this many pixels: tiles must start at them.
  virtual int alignment() const { return 1; }
  // What one evaluation needs besides x and its result, in bytes a pixel of x, from above: tiles
  // and the pictures in flight are planned with it.
  virtual double bytes_per_pixel() const { return 200; }
  // For the duration of one method's run; the denoiser outlives it. By default plain calls.
  virtual std::unique_ptr<DenoiserSession> session() const;
  virtual SigmaRange sigma_range() const { return {}; }
  // As --prior takes it.
  virtual std::string name() const = 0;
  // What a user should know of how a picture of this size is denoised; empty: nothing.
  virtual std::string remark(std::int64_t /*height*/, std::int64_t /*width*/) const { return {}; }
  // What the standard deviation of this method's samples under this prior has to be multiplied with
  // to be as large as the error of their mean; 1 where that was not measured.
  virtual double deviation_scale(const std::string& /*method*/) const { return 1; }
};

// Value and pullback from one forward pass; `vjp` may be called once or more often.
struct Linearization {
  torch::Tensor value;                                       // D(x, sigma)
  std::function<torch::Tensor(const torch::Tensor& v)> vjp;  // J(x)^T v
};

// D(x, sigma) = E[x0 | x]. Its own type, so that nobody takes a score from a denoiser that has
// none.
class MmseDenoiser : public Denoiser {
 public:
  virtual Linearization linearize(const torch::Tensor& x, double sigma) const = 0;
  // As bytes_per_pixel(), of linearize() and its pullback.
  virtual double pullback_bytes_per_pixel() const { return bytes_per_pixel(); }
  // Tweedie: grad log p_sigma(x) = (D(x, sigma) - x) / sigma^2, sigma > 0.
  torch::Tensor score(const torch::Tensor& x, double sigma) const;
};

}  // namespace restore
