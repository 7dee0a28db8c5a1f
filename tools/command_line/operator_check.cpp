#include "tools/command_line/operator_check.h"

#include <algorithm>
#include <optional>

#include <ATen/ATen.h>
#include <fmt/core.h>

#include "librestore/linalg/bidiagonalisation.h"
#include "librestore/model/random.h"
#include "librestore/model/spectral_operator.h"
#include "operators/factory.h"

namespace restore {
namespace {

// Scenes of at most so many numbers are small enough for the singular values of a dense matrix.
constexpr std::int64_t kLargestDense = 1024;
// Rounding in float64, and what conjugate gradients and finite differences leave.
constexpr double kExact = 1e-10, kSolved = 1e-9, kDifference = 1e-6;
// Small, for the kinks of a response that a step crosses are no derivatives.
constexpr double kDifferenceStep = 1e-6;
constexpr double kRho = 0.1;

double norm_of(const torch::Tensor& a) { return a.norm().item<double>(); }
double product(const torch::Tensor& a, const torch::Tensor& b) {
  return (a * b).sum().item<double>();
}

class CheckReport {
 public:
  void error(const char* name, double value, double allowed, const char* meaning) {
    const bool holds = value <= allowed;
    failed_ |= !holds;
    fmt::print("  {:<10} {:<10.2e} {}{}\n", name, value, meaning,
               holds ? "" : fmt::format("; FAILS, allowed is {:.0e}", allowed));
  }
  void number(const char* name, double value, const char* meaning) {
    fmt::print("  {:<10} {:<10.6g} {}\n", name, value, meaning);
  }
  void note(const char* name, const std::string& text) { fmt::print("  {:<10} {}\n", name, text); }
  ExitCode code() const { return failed_ ? ExitCode::some_failed : ExitCode::ok; }

 private:
  bool failed_ = false;
};

// Numbers like those of pictures: uniform on (0, 1).
torch::Tensor picture(Rng& rng, const Shape& shape) { return rand(rng, shape, 1, torch::kFloat64); }
torch::Tensor field(Rng& rng, const Shape& shape) { return randn(rng, shape, 1, torch::kFloat64); }

std::optional<torch::Tensor> singular_values(const LinearOperator& A) {
  if (const auto* spectral = dynamic_cast<const SpectralOperator*>(&A))
    return spectral->singular_values().flatten();
  const auto n = A.input_shape().numel();
  if (n > kLargestDense) return std::nullopt;
  const auto basis = torch::eye(n, torch::kFloat64).reshape(A.input_shape().batch(n));
  return at::linalg_svdvals(A.apply(basis).reshape({n, -1}));
}

void note_condition(const ConditionBound& bound, CheckReport& report) {
  report.note("condition", fmt::format("at least {:.6g} after {} steps of bidiagonalisation",
                                       bound.at_least, bound.steps));
}

void check_linear(const LinearOperator& A, Rng& rng, CheckReport& report) {
  const auto x = field(rng, A.input_shape()), v = field(rng, A.input_shape());
  const auto y = field(rng, A.output_shape());
  const auto Ax = A.apply(x), Aty = A.adjoint(y);
  report.error("adjoint", std::abs(product(Ax, y) - product(x, Aty)) / (norm_of(Ax) * norm_of(y)),
               kExact, "|<A x, y> - <x, A^T y>| / (||A x|| ||y||)");
  const auto p = A.prox(v, y, kRho);
  const auto gradient = A.adjoint(A.apply(p) - y) + kRho * (p - v);
  report.error("prox", norm_of(gradient) / norm_of(A.adjoint(y - A.apply(v))), kSolved,
               "||A^T (A p - y) + rho (p - v)|| / ||A^T (y - A v)||, rho = 0.1");
  if (const auto* spectral = dynamic_cast<const SpectralOperator*>(&A)) {
    const auto again = spectral->U(spectral->singular_values() * spectral->Vt(x));
    report.error("spectrum", norm_of(again - Ax) / norm_of(Ax), kExact,
                 "||U s V^T x - A x|| / ||A x||");
  }
  report.number("norm", A.norm(), "the largest singular value");
  const auto s = singular_values(A);
  if (!s) {
    note_condition(condition_bound([&](const auto& a) { return A.apply(a); },
                                   [&](const auto& b) { return A.adjoint(b); }, y),
                   report);
    return;
  }
  const double largest = s->max().item<double>();
  const auto measured = s->masked_select(*s > 1e-12 * largest);
  report.number("condition", largest / measured.min().item<double>(),
                "the largest over the smallest singular value that is not 0");
  report.note("rank", fmt::format("{} of {} numbers of the scene are measured", measured.numel(),
                                  A.input_shape().numel()));
}

void check_nonlinear(const Operator& A, Rng& rng, CheckReport& report) {
  const auto smooth = A.differentiable();
  const Operator& B = smooth ? *smooth : A;
  const auto x = picture(rng, A.input_shape());
  const auto d = field(rng, A.input_shape()), v = field(rng, A.output_shape());
  const auto above = B.apply(x + kDifferenceStep * d), below = B.apply(x - kDifferenceStep * d);
  const double slope = product(v, above - below) / (2 * kDifferenceStep);
  const auto pulled = A.vjp(x, v);
  report.error("vjp", std::abs(product(pulled, d) - slope) / (norm_of(pulled) * norm_of(d)),
               kDifference, "|<J^T v, d> - <v, dA/dd>| / (||J^T v|| ||d||), central differences");
  if (smooth) report.note("", "of the operator without its rounding, which vjp passes through");
  const auto y = A.apply(x), start = picture(rng, A.input_shape());
  const auto energy = [&](const torch::Tensor& p) {
    return product(A.apply(p) - y, A.apply(p) - y) + kRho * product(p - start, p - start);
  };
  report.error("prox", energy(A.prox(start, y, kRho)) / energy(start), 1,
               "energy of the prox over that of its start, rho = 0.1");
  report.number("norm", A.norm(), "no ||J(x)|| of a picture in [0,1] is larger");
  const auto n = A.output_shape().numel();
  if (n > kLargestDense) {
    // J d, to what central differences leave.
    const auto J = [&](const torch::Tensor& a) {
      const auto h = kDifferenceStep / a.abs().max().clamp_min(1e-300);
      return (B.apply(x + h * a) - B.apply(x - h * a)) / (2 * h);
    };
    note_condition(condition_bound(J, [&](const auto& b) { return A.vjp(x, b); }, v,
                                   {.rounding = kDifference}),
                   report);
    return;
  }
  const auto basis = torch::eye(n, torch::kFloat64).reshape(A.output_shape().batch(n));
  const auto J = A.vjp(x.expand({n, -1, -1, -1}), basis).reshape({n, -1});
  const auto s = at::linalg_svdvals(J);
  const auto measured = s.masked_select(s > 1e-12 * s.max());
  report.number("condition", (s.max() / measured.min()).item<double>(),
                "of J at a random picture, without singular values of 0");
}

}  // namespace

ExitCode check_operator(const std::string& expression, const Shape& scene) {
  const auto A = build_operator(expression, {scene, false});
  const auto* linear = dynamic_cast<const LinearOperator*>(A.get());
  const bool spectral = dynamic_cast<const SpectralOperator*>(A.get()) != nullptr;
  fmt::print("{}: {} -> {} (channels x height x width), {}\n", expression, scene.to_string(),
             A->output_shape().to_string(),
             spectral ? "spectral"
             : linear ? "linear"
                      : "nonlinear");
  Rng rng(0);
  CheckReport report;
  linear ? check_linear(*linear, rng, report) : check_nonlinear(*A, rng, report);
  return report.code();
}

}  // namespace restore
