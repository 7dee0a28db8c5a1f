#include "operators/whitened.h"

#include "operators/compose/identity.h"
#include "operators/convolution/circular_convolution.h"
#include "operators/convolution/convolution.h"
#include "operators/kernel/kernels.h"
#include "operators/noise/gaussian_noise.h"
#include "operators/numeric/dual_prox.h"
#include "operators/sampling/mask.h"

namespace restore {
namespace {

// How far values are averaged for the pilot, in pixels: its noise has 1/50 of the variance.
constexpr double kPilotBlur = 2;

Whitening inverse(const Whitening& W) { return {W.sigma, 1 / W.gain, W.stationary}; }

// diag(w) diag(s) with 0 <= s, 0 < w: U = V = I.
class WhitenedDiagonal : public SpectralOperator {
 public:
  WhitenedDiagonal(std::shared_ptr<const SpectralOperator> A, const Whitening& W)
      : SpectralOperator(A->input_shape(), A->output_shape()),
        A_(std::move(A)),
        gain_(W.gain.to(torch::kFloat64)),
        s_((A_->singular_values() * gain_).contiguous()) {}

  torch::Tensor V(const torch::Tensor& coefficients) const override { return coefficients; }
  torch::Tensor Vt(const torch::Tensor& x) const override { return x; }
  torch::Tensor U(const torch::Tensor& coefficients) const override { return coefficients; }
  torch::Tensor Ut(const torch::Tensor& y) const override { return y; }
  torch::Tensor singular_values() const override { return s_; }
  torch::Tensor initial_estimate(const torch::Tensor& y) const override {
    return A_->initial_estimate(y / gain_.to(y.scalar_type()));
  }

 private:
  torch::Tensor do_apply(const torch::Tensor& x) const override {
    return s_.to(x.scalar_type()) * x;
  }
  torch::Tensor do_adjoint(const torch::Tensor& y) const override { return do_apply(y); }

  std::shared_ptr<const SpectralOperator> A_;
  torch::Tensor gain_, s_;
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

class WhitenedLinear : public LinearOperator {
 public:
  WhitenedLinear(std::shared_ptr<const LinearOperator> A, const Whitening& W)
      : LinearOperator(A->input_shape(), A->output_shape()), A_(std::move(A)), W_(W) {}

  // ||W|| ||A||, which bounds it.
  double norm() const override { return W_.gain.max().item<double>() * A_->norm(); }
  torch::Tensor initial_estimate(const torch::Tensor& y) const override {
    return A_->initial_estimate(inverse(W_)(y));
  }
  Window scene_window(const Window& seen) const override { return A_->scene_window(seen); }

 private:
  torch::Tensor do_apply(const torch::Tensor& x) const override { return W_(A_->apply(x)); }
  torch::Tensor do_adjoint(const torch::Tensor& y) const override { return A_->adjoint(W_(y)); }
  torch::Tensor do_prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const override {
    const LinearMap apply = [&](const torch::Tensor& x) { return do_apply(x); };
    const LinearMap adjoint = [&](const torch::Tensor& w) { return do_adjoint(w); };
    const LinearMap gram = [&](const torch::Tensor& w) { return do_apply(do_adjoint(w)); };
    return dual_prox({apply, adjoint, gram, {}}, v, y, rho);
  }

  std::shared_ptr<const LinearOperator> A_;
  Whitening W_;
};

class WhitenedOperator : public Operator {
 public:
  WhitenedOperator(std::shared_ptr<const Operator> A, const Whitening& W)
      : Operator(A->input_shape(), A->output_shape()), A_(std::move(A)), W_(W) {}

  double norm() const override { return W_.gain.max().item<double>() * A_->norm(); }
  torch::Tensor initial_estimate(const torch::Tensor& y) const override {
    return A_->initial_estimate(inverse(W_)(y));
  }
  Window scene_window(const Window& seen) const override { return A_->scene_window(seen); }
  std::shared_ptr<const Operator> differentiable() const override {
    const auto smooth = A_->differentiable();
    return smooth ? std::make_shared<WhitenedOperator>(smooth, W_) : nullptr;
  }

 private:
  torch::Tensor do_apply(const torch::Tensor& x) const override { return W_(A_->apply(x)); }
  torch::Tensor do_vjp(const torch::Tensor& x, const torch::Tensor& v) const override {
    return A_->vjp(x, W_(v));
  }

  std::shared_ptr<const Operator> A_;
  Whitening W_;
};

template <typename A>
bool is(const std::shared_ptr<const Operator>& op) {
  return dynamic_cast<const A*>(op.get()) != nullptr;
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
  if (!W.stationary && (is<Mask>(A) || is<Identity>(A)))
    return std::make_shared<WhitenedDiagonal>(std::dynamic_pointer_cast<const SpectralOperator>(A),
                                              W);
  if (W.stationary && (is<CircularConvolution>(A) || is<Identity>(A)))
    return std::make_shared<WhitenedCircular>(A, W);
  if (const auto linear = std::dynamic_pointer_cast<const LinearOperator>(A))
    return std::make_shared<WhitenedLinear>(linear, W);
  return std::make_shared<WhitenedOperator>(A, W);
}

Measurement whitened(const Measurement& measurement, double floor, std::optional<double> level) {
  const auto& [y, A, noise] = measurement;
  if (noise->is_white()) return measurement;
  auto W = noise->whitening(pilot(measurement), floor);
  if (level && !W.is_identity()) W = {*level, W.gain * (*level / W.sigma), W.stationary};
  return {W(y), whitened(A, W), std::make_shared<GaussianNoise>(W.sigma)};
}

double white_level(const Measurement& measurement, double floor) {
  const auto& noise = measurement.noise;
  return noise->is_white() ? noise->sigma() : noise->whitening(pilot(measurement), floor).sigma;
}

std::shared_ptr<const NoiseModel> noise_in(const Measurement& measurement, const Window& window) {
  const auto& noise = measurement.noise;
  if (noise->is_white()) return noise;
  const auto W = noise->whitening(pilot(measurement), kSigmaFloor);
  if (W.is_identity() || W.stationary) return noise;
  const auto cut = (W.sigma / W.gain)
                       .expand_as(measurement.y)
                       .narrow(2, window.y0, window.height)
                       .narrow(3, window.x0, window.width);
  return std::make_shared<GaussianNoise>(cut.contiguous(), noise->describe());
}

}  // namespace restore
