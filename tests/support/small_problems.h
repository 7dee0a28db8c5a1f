// Small problems for solvers: operators, noise and denoisers made to measure.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include <torch/types.h>

#include "librestore/model/method.h"
#include "librestore/model/random.h"

namespace restore::testing {

// A matrix as an operator, M x N on pictures of one row.
class Matrix : public LinearOperator {
 public:
  explicit Matrix(torch::Tensor matrix)
      : LinearOperator({1, 1, matrix.size(1)}, {1, 1, matrix.size(0)}), matrix_(matrix) {}

 protected:
  torch::Tensor do_apply(const torch::Tensor& x) const override {
    return torch::matmul(x, matrix_.t());
  }
  torch::Tensor do_adjoint(const torch::Tensor& y) const override {
    return torch::matmul(y, matrix_);
  }
  torch::Tensor do_prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const override {
    const auto left = torch::mm(matrix_.t(), matrix_) + rho * torch::eye(v.size(3), v.options());
    return torch::linalg_solve(left, (do_adjoint(y) + rho * v).flatten()).view_as(v);
  }

 private:
  torch::Tensor matrix_;
};

// A = diag(mask), with every rho that was asked for on record.
class Mask : public LinearOperator {
 public:
  explicit Mask(torch::Tensor mask)
      : LinearOperator(shape_of(mask), shape_of(mask)), mask_(std::move(mask)) {}
  bool is_identity() const override { return mask_.eq(1).all().item<bool>(); }
  mutable std::vector<double> rhos;

 protected:
  torch::Tensor do_apply(const torch::Tensor& x) const override { return mask_ * x; }
  torch::Tensor do_adjoint(const torch::Tensor& y) const override { return mask_ * y; }
  torch::Tensor do_prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const override {
    rhos.push_back(rho);
    return (mask_ * y + rho * v) / (mask_ + rho);
  }

 private:
  torch::Tensor mask_;
};

class Square : public Operator {
 public:
  explicit Square(Shape shape) : Operator(shape, shape) {}
  torch::Tensor initial_estimate(const torch::Tensor& y) const override { return y; }
  double norm() const override { return 2; }

 protected:
  torch::Tensor do_apply(const torch::Tensor& x) const override { return x * x; }
  torch::Tensor do_vjp(const torch::Tensor& x, const torch::Tensor& v) const override {
    return 2 * x * v;
  }
};

class WhiteNoise : public NoiseModel {
 public:
  explicit WhiteNoise(double sigma) : sigma_(sigma) {}
  torch::Tensor sample(const torch::Tensor& z, Rng& rng) const override {
    return z + sigma_ * randn_like(rng, z);
  }
  torch::Tensor negative_log_likelihood(const torch::Tensor& y,
                                        const torch::Tensor& z) const override {
    return ((y - z) / sigma_).square().sum({1, 2, 3}).to(torch::kFloat64) / 2;
  }
  torch::Tensor gradient(const torch::Tensor& y, const torch::Tensor& z) const override {
    return (z - y) / (sigma_ * sigma_);
  }
  torch::Tensor variance(const torch::Tensor& z) const override {
    return torch::full({1}, sigma_ * sigma_, z.options());
  }
  double sigma() const override { return sigma_; }
  bool is_white() const override { return true; }
  std::string describe() const override { return fmt::format("{}", sigma_); }

 private:
  double sigma_;
};

// A denoiser given as a function.
class Function : public Denoiser {
 public:
  using Body = std::function<torch::Tensor(const torch::Tensor&, double)>;
  explicit Function(Body body, SigmaRange range = {}) : body_(std::move(body)), range_(range) {}
  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override {
    return body_(x, sigma);
  }
  std::optional<int> receptive_field() const override { return 0; }
  SigmaRange sigma_range() const override { return range_; }
  std::string name() const override { return "function"; }

 private:
  Body body_;
  SigmaRange range_;
};

inline Measurement mask_measurement(const torch::Tensor& y, const torch::Tensor& mask,
                                    double sigma_y) {
  return {y, std::make_shared<Mask>(mask), std::make_shared<WhiteNoise>(sigma_y)};
}

inline Result run(const Method& method, const Measurement& measurement, const Denoiser& prior,
                  Observer* observer = nullptr) {
  Rng rng(0);
  return method.run(measurement, prior, rng, observer);
}

}  // namespace restore::testing
