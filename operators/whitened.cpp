#include "operators/whitened.h"

#include "librestore/model/random.h"
#include "operators/compose/identity.h"
#include "operators/convolution/circular_convolution.h"
#include "operators/convolution/convolution.h"
#include "operators/convolution/reflected_convolution.h"
#include "operators/kernel/kernels.h"
#include "operators/noise/gaussian_noise.h"
#include "operators/numeric/dual_prox.h"
#include "operators/numeric/fourier.h"
#include "operators/resample/downsample.h"
#include "operators/sampling/partial_isometry.h"
#include "operators/sensor/colour_matrix.h"

namespace restore {
namespace {

// How far values are averaged for the pilot, in pixels: its noise has 1/50 of the variance.
constexpr double kPilotBlur = 2;

Whitening inverse(const Whitening& W) { return {W.sigma, 1 / W.gain, W.stationary}; }

// W A, as high as A or less.
template <typename Rung>
class Whitened : public Rung {
 public:
  Whitened(std::shared_ptr<const Rung> A, const Whitening& W)
      : Rung(A->input_shape(), A->output_shape()), A_(std::move(A)), W_(W) {}

  torch::Tensor initial_estimate(const torch::Tensor& y) const override {
    return A_->initial_estimate(inverse(W_)(y));
  }
  Window scene_window(const Window& seen) const override { return A_->scene_window(seen); }

 protected:
  torch::Tensor do_apply(const torch::Tensor& x) const override { return W_(A_->apply(x)); }

  std::shared_ptr<const Rung> A_;
  Whitening W_;
};

// W A with a spectrum. The bases are A's unless said otherwise.
class WhitenedBase : public Whitened<SpectralOperator> {
 public:
  using Whitened::Whitened;

  torch::Tensor V(const torch::Tensor& coefficients) const override { return A_->V(coefficients); }
  torch::Tensor Vt(const torch::Tensor& x) const override { return A_->Vt(x); }
  torch::Tensor U(const torch::Tensor& coefficients) const override { return A_->U(coefficients); }
  torch::Tensor Ut(const torch::Tensor& y) const override { return A_->Ut(y); }

 private:
  torch::Tensor do_adjoint(const torch::Tensor& y) const override { return A_->adjoint(W_(y)); }
};

// W is diagonal in A's own basis: only s is another.
class WhitenedSpectral : public WhitenedBase {
 public:
  // s: of W A, float64.
  WhitenedSpectral(std::shared_ptr<const SpectralOperator> A, const Whitening& W,
                   const torch::Tensor& s)
      : WhitenedBase(std::move(A), W), s_(s.contiguous()) {}

  torch::Tensor singular_values() const override { return s_; }

 private:
  torch::Tensor s_;
};

// diag(g) A for one g a channel where A does the same to each channel by itself: s = g s, and
// channel by channel
//   prox_{g A}(v, y, rho) = prox_A(v, y / g, rho / g^2),   (g A)^+ y = A^+ (y / g)
class WhitenedChannels : public WhitenedBase {
 public:
  using WhitenedBase::WhitenedBase;

  torch::Tensor singular_values() const override {
    return A_->singular_values() * W_.gain.to(torch::kFloat64);
  }
  double norm() const override { return W_.gain.max().item<double>() * A_->norm(); }

 private:
  torch::Tensor do_pseudo_inverse(const torch::Tensor& y) const override {
    return A_->pseudo_inverse(inverse(W_)(y));
  }
  torch::Tensor do_prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const override {
    const auto target = inverse(W_)(y);
    std::vector<torch::Tensor> channels;
    for (std::int64_t c = 0; c < v.size(1); ++c) {
      const double g = W_.gain[0][c][0][0].item<double>();
      channels.push_back(A_->prox(v, target, rho / (g * g)).narrow(1, c, 1));
    }
    return torch::cat(channels, 1);
  }
};

// W after a matrix for the channels of each pixel, M = u diag(s) v^T: with H the Hartley transform,
// which makes W diagonal, U = u H, V = v H, and s is the product of both spectra.
class WhitenedColours : public WhitenedBase {
 public:
  WhitenedColours(std::shared_ptr<const SpectralOperator> A, const Whitening& W)
      : WhitenedBase(std::move(A), W),
        s_(A_->singular_values() *
           whole_spectrum(W.gain.to(torch::kFloat64), input_shape().width)) {}

  torch::Tensor V(const torch::Tensor& coefficients) const override {
    return A_->V(hartley(coefficients));
  }
  torch::Tensor Vt(const torch::Tensor& x) const override { return hartley(A_->Vt(x)); }
  torch::Tensor U(const torch::Tensor& coefficients) const override {
    return A_->U(hartley(coefficients));
  }
  torch::Tensor Ut(const torch::Tensor& y) const override { return hartley(A_->Ut(y)); }
  torch::Tensor singular_values() const override { return s_; }

 private:
  torch::Tensor s_;
};

// W after a circular convolution is one as well: its kernel is what W A makes of a point.
class WhitenedCircular : public CircularConvolution {
 public:
  WhitenedCircular(std::shared_ptr<const Operator> A, const Whitening& W)
      : CircularConvolution(kernel_of(*A, W), A->input_shape()), A_(std::move(A)), W_(W) {}

  torch::Tensor initial_estimate(const torch::Tensor& y) const override {
    return A_->initial_estimate(inverse(W_)(y));
  }

 private:
  static torch::Tensor kernel_of(const Operator& A, const Whitening& W) {
    const auto& shape = A.input_shape();
    auto point = torch::zeros(shape.batch(1), torch::kFloat64);
    point.select(3, shape.width / 2).select(2, shape.height / 2).fill_(1);
    return W(A.apply(point))[0][0].contiguous();
  }

  std::shared_ptr<const Operator> A_;
  Whitening W_;
};

class WhitenedLinear : public Whitened<LinearOperator> {
 public:
  using Whitened::Whitened;

  // ||W|| ||A||, which bounds it.
  double norm() const override { return W_.gain.max().item<double>() * A_->norm(); }

 private:
  torch::Tensor do_adjoint(const torch::Tensor& y) const override { return A_->adjoint(W_(y)); }
  torch::Tensor do_prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const override {
    const LinearMap apply = [&](const torch::Tensor& x) { return do_apply(x); };
    const LinearMap adjoint = [&](const torch::Tensor& w) { return do_adjoint(w); };
    const LinearMap gram = [&](const torch::Tensor& w) { return do_apply(do_adjoint(w)); };
    return dual_prox({apply, adjoint, gram, {}}, v, y, rho);
  }
};

class WhitenedOperator : public Whitened<Operator> {
 public:
  using Whitened::Whitened;

  double norm() const override { return W_.gain.max().item<double>() * A_->norm(); }
  std::shared_ptr<const Operator> differentiable() const override {
    const auto smooth = A_->differentiable();
    return smooth ? std::make_shared<WhitenedOperator>(smooth, W_) : nullptr;
  }

 private:
  torch::Tensor do_vjp(const torch::Tensor& x, const torch::Tensor& v) const override {
    return A_->vjp(x, W_(v));
  }
};

template <typename A>
bool is(const std::shared_ptr<const Operator>& op) {
  return dynamic_cast<const A*>(op.get()) != nullptr;
}

// W A with a spectrum; null where W is not diagonal in the basis of A.
std::shared_ptr<const Operator> whitened_spectral(const std::shared_ptr<const SpectralOperator>& A,
                                                  const Whitening& W) {
  if (W.stationary) {
    if (is<CircularConvolution>(A) || is<Identity>(A))
      return std::make_shared<WhitenedCircular>(A, W);
    if (is<ColourMatrix>(A)) return std::make_shared<WhitenedColours>(A, W);
    return nullptr;
  }
  const auto gain = W.gain.to(torch::kFloat64);
  // U picks coefficients, each of which has one weight.
  if (is<Identity>(A) || is<PartialIsometry>(A))
    return std::make_shared<WhitenedSpectral>(
        A, W, A->singular_values() * A->Ut(gain.expand(A->output_shape().batch(1))));
  // One channel is measured: U is the identity or -1, and s is that of each pixel.
  if (is<ColourMatrix>(A) && A->output_shape().channels == 1)
    return std::make_shared<WhitenedSpectral>(A, W, A->singular_values() * gain);
  const bool by_channel = gain.size(2) == 1 && gain.size(3) == 1 && gain.size(1) > 1;
  if (by_channel &&
      (is<CircularConvolution>(A) || is<ReflectedConvolution>(A) || is<Downsample>(A)))
    return std::make_shared<WhitenedChannels>(A, W);
  return nullptr;
}

torch::Tensor pilot(const Measurement& measurement) {
  const auto start = measurement.A->initial_estimate(measurement.y);
  const auto kernel = gaussian_kernel(kPilotBlur, kPilotBlur, 0);
  const auto blur = make_convolution(kernel, shape_of(start), {Boundary::replicate, {}});
  return measurement.A->apply(blur->apply(start));
}

}  // namespace

std::shared_ptr<const Operator> whitened(const std::shared_ptr<const Operator>& A,
                                         const Whitening& W) {
  if (W.is_identity()) return A;
  if (const auto spectral = std::dynamic_pointer_cast<const SpectralOperator>(A))
    if (auto B = whitened_spectral(spectral, W)) return B;
  if (const auto linear = std::dynamic_pointer_cast<const LinearOperator>(A))
    return std::make_shared<WhitenedLinear>(linear, W);
  return std::make_shared<WhitenedOperator>(A, W);
}

Whitening whitening_of(const Measurement& measurement, double floor) {
  return measurement.noise->whitening(pilot(measurement), floor);
}

Measurement whitened(const Measurement& measurement, const Whitening& W) {
  const auto& [y, A, noise] = measurement;
  return {W(y), whitened(A, W), std::make_shared<GaussianNoise>(W.sigma)};
}

Measurement whitened(const Measurement& measurement, double floor) {
  return measurement.noise->is_white() ? measurement
                                       : whitened(measurement, whitening_of(measurement, floor));
}

double white_level(const Measurement& measurement, double floor) {
  const auto& noise = measurement.noise;
  return noise->is_white() ? noise->sigma() : whitening_of(measurement, floor).sigma;
}

Measurement filled_to_white(const Measurement& measurement, const Whitening& W, Rng& rng) {
  const auto& [y, A, noise] = measurement;
  if (W.is_identity()) return {y, A, std::make_shared<GaussianNoise>(W.sigma)};
  // The spectrum of C, or its diagonal.
  const auto C = (W.sigma / W.gain.to(torch::kFloat64)).square();
  const auto top = C.max();
  // (sigma^2 I - C)^(1/2) is a diagonal matrix or a filter, as W is.
  const Whitening root{0, (top - C).sqrt(), W.stationary};
  return {y + root(randn_like(rng, y)), A,
          std::make_shared<GaussianNoise>(top.sqrt().item<double>())};
}

std::shared_ptr<const NoiseModel> noise_at_pilot(const Measurement& measurement) {
  const auto& noise = measurement.noise;
  if (noise->is_white()) return noise;
  const auto W = whitening_of(measurement);
  if (W.is_identity() || W.stationary) return noise;
  const auto deviation = (W.sigma / W.gain).expand_as(measurement.y);
  return std::make_shared<GaussianNoise>(deviation.contiguous(), noise->describe());
}

}  // namespace restore
