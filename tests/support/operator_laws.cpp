#include "tests/support/operator_laws.h"

#include <ATen/ATen.h>
#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/model/random.h"
#include "tests/support/comparison.h"

namespace restore::testing {
namespace {

constexpr double kExact = 1e-10;
constexpr std::int64_t kBatch = 2;

// Random pictures, the same ones at every call.
torch::Tensor pictures(const Shape& shape, std::uint64_t seed, std::int64_t n = kBatch) {
  Rng rng(seed);
  return randn(rng, shape, n, torch::kFloat64);
}

double sum_of_products(const torch::Tensor& a, const torch::Tensor& b) {
  return (a * b).sum().item<double>();
}

double norm_of(const torch::Tensor& a) { return a.norm().item<double>(); }

// |<M a, b> - <a, M b>| over the size of the summands.
double asymmetry(const LinearMap& M, const torch::Tensor& a, const torch::Tensor& b) {
  const auto Ma = M(a), Mb = M(b);
  return std::abs(sum_of_products(Ma, b) - sum_of_products(a, Mb)) /
         (norm_of(Ma) * norm_of(b) + norm_of(a) * norm_of(Mb));
}

bool small_enough_for_dense(const Operator& A) { return A.input_shape().numel() <= kLargestDense; }

// The largest over the smallest singular value that is not 0; 1e3 where it is too large to tell.
double condition_number(const LinearOperator& A) {
  if (!small_enough_for_dense(A)) return 1e3;
  const auto s = at::linalg_svdvals(dense_matrix(A));
  const auto positive = s.masked_select(s > 1e-12 * s.max());
  return (positive.max() / positive.min()).item<double>();
}

}  // namespace

torch::Tensor dense_matrix(const LinearOperator& A) {
  const std::int64_t n = A.input_shape().numel();
  const auto basis = torch::eye(n, torch::kFloat64).reshape(A.input_shape().batch(n));
  return A.apply(basis).reshape({n, -1}).t().contiguous();
}

void check_shape_law(const Operator& A) {
  for (const auto type : {torch::kFloat32, torch::kFloat64}) {
    const auto y = A.apply(pictures(A.input_shape(), 1).to(type));
    BOOST_TEST((y.sizes() == at::IntArrayRef(A.output_shape().batch(kBatch))));
    BOOST_TEST((y.scalar_type() == type));
  }
  Shape taller = A.input_shape();
  taller.height += 1;
  BOOST_CHECK_THROW(A.apply(pictures(taller, 1)), Error);
  BOOST_CHECK_THROW(A.apply(pictures(A.input_shape(), 1)[0]), Error);
}

void check_batch_law(const Operator& A) {
  const auto x = pictures(A.input_shape(), 2, 3);
  const auto y = A.apply(x);
  const auto check = [](const torch::Tensor& all, std::int64_t n, const torch::Tensor& alone) {
    BOOST_TEST(largest_difference(all.narrow(0, n, 1), alone) <=
               kExact * all.abs().max().item<double>());
  };
  const auto start = A.initial_estimate(y), near = A.prox(x, y, 0.5);
  for (std::int64_t n = 0; n < 3; ++n) {
    const auto x_n = x.narrow(0, n, 1), y_n = y.narrow(0, n, 1);
    check(y, n, A.apply(x_n));
    check(start, n, A.initial_estimate(y_n));
    check(near, n, A.prox(x_n, y_n, 0.5));
  }
}

void check_vjp_law(const Operator& A) {
  const auto x = pictures(A.input_shape(), 3), d = pictures(A.input_shape(), 4);
  const auto v = pictures(A.output_shape(), 5);
  // <v, (A(x + h d) - A(x - h d)) / 2h> = <J^T v, d> up to h^2, and rounding over h: 1e-7 covers
  // both.
  const double h = 1e-5;
  const auto smooth = A.differentiable();
  const Operator& B = smooth ? *smooth : A;
  const double difference = sum_of_products(v, (B.apply(x + h * d) - B.apply(x - h * d)) / (2 * h));
  const auto pulled = A.vjp(x, v);
  BOOST_TEST(std::abs(sum_of_products(pulled, d) - difference) <=
             1e-7 * (norm_of(pulled) * norm_of(d) + std::abs(difference)));
}

void check_descent_law(const Operator& A) {
  Rng rng(23);
  const auto x = rand(rng, A.input_shape(), kBatch, torch::kFloat64);
  const auto v = rand(rng, A.input_shape(), kBatch, torch::kFloat64);
  const auto y = A.apply(x);
  for (const double rho : {0.02, 0.7}) {
    const auto energy = [&](const torch::Tensor& p) {
      return (A.apply(p) - y).square().sum({1, 2, 3}) + rho * (p - v).square().sum({1, 2, 3});
    };
    BOOST_TEST((energy(A.prox(v, y, rho)) <= energy(v) * (1 + kExact)).all().item<bool>());
  }
  BOOST_CHECK_THROW(A.prox(v, y, 0), Error);
  if (!small_enough_for_dense(A)) return;
  const auto m = A.output_shape().numel();
  const auto basis = torch::eye(m, torch::kFloat64).reshape(A.output_shape().batch(m));
  const auto J = A.vjp(x.narrow(0, 0, 1).expand({m, -1, -1, -1}), basis).reshape({m, -1});
  // The tolerance of a norm that was found in steps.
  BOOST_TEST(at::linalg_svdvals(J).max().item<double>() <= A.norm() * (1 + 1e-3));
}

void check_adjoint_law(const LinearOperator& A) {
  const auto x = pictures(A.input_shape(), 6), y = pictures(A.output_shape(), 7);
  const auto Ax = A.apply(x), Aty = A.adjoint(y);
  BOOST_TEST(std::abs(sum_of_products(Ax, y) - sum_of_products(x, Aty)) <=
             kExact * norm_of(Ax) * norm_of(y));
  // Where one picture's worth of numbers could agree by chance in a corner, the matrices cannot.
  if (!small_enough_for_dense(A)) return;
  const std::int64_t m = A.output_shape().numel();
  const auto basis = torch::eye(m, torch::kFloat64).reshape(A.output_shape().batch(m));
  BOOST_TEST(relative_difference(A.adjoint(basis).reshape({m, -1}), dense_matrix(A)) <= kExact);
}

void check_penrose_laws(const LinearOperator& A) {
  const double condition = condition_number(A);
  const double bound = std::max(kExact, 10 * condition * condition * 1e-12);
  const auto forth = [&](const torch::Tensor& x) { return A.apply(x); };
  const auto back = [&](const torch::Tensor& y) { return A.pseudo_inverse(y); };
  const auto Ax = forth(pictures(A.input_shape(), 8));
  const auto By = back(pictures(A.output_shape(), 9));
  BOOST_TEST(relative_difference(forth(back(Ax)), Ax) <= bound);
  BOOST_TEST(relative_difference(back(forth(By)), By) <= bound);
  BOOST_TEST(asymmetry([&](const torch::Tensor& y) { return forth(back(y)); },
                       pictures(A.output_shape(), 10), pictures(A.output_shape(), 11)) <= bound);
  BOOST_TEST(asymmetry([&](const torch::Tensor& x) { return back(forth(x)); },
                       pictures(A.input_shape(), 12), pictures(A.input_shape(), 13)) <= bound);
}

void check_prox_law(const LinearOperator& A) {
  const auto v = pictures(A.input_shape(), 14), y = pictures(A.output_shape(), 15);
  const auto pull = A.adjoint(y - A.apply(v));
  for (const double rho : {0.02, 0.7}) {
    const auto p = A.prox(v, y, rho);
    const auto gradient = A.adjoint(A.apply(p) - y) + rho * (p - v);
    BOOST_TEST(norm_of(gradient) <= kExact * norm_of(pull));
    const auto M = [&](const torch::Tensor& x) { return A.adjoint(A.apply(x)) + rho * x; };
    const auto cg = v + conjugate_gradients(M, pull, {}, {1e-12, 2000, {}}).x;
    // Both residuals are 1e-12 and 1e-10 of the pull; 1 / rho turns them into errors of the step.
    BOOST_TEST(relative_difference(p, cg) <= 2 * kExact / rho);
  }
  BOOST_CHECK_THROW(A.prox(v, y, 0), Error);
}

void check_norm_law(const LinearOperator& A) {
  if (!small_enough_for_dense(A)) return;
  const double largest = at::linalg_svdvals(dense_matrix(A)).max().item<double>();
  BOOST_TEST(std::abs(A.norm() - largest) <= 1e-3 * largest);
}

void check_spectral_form(const SpectralOperator& A) {
  const auto s = A.singular_values();
  BOOST_TEST((s.sizes() == at::IntArrayRef(A.input_shape().batch(1))));
  BOOST_TEST((s.scalar_type() == torch::kFloat64));
  BOOST_TEST(s.min().item<double>() >= 0);
  const auto x = pictures(A.input_shape(), 16), y = pictures(A.output_shape(), 17);
  BOOST_TEST(relative_difference(A.U(s * A.Vt(x)), A.apply(x)) <= kExact);
  BOOST_TEST(relative_difference(A.V(s * A.Ut(y)), A.adjoint(y)) <= kExact);
}

void check_orthogonality(const SpectralOperator& A) {
  const auto x = pictures(A.input_shape(), 18), c = pictures(A.input_shape(), 19);
  BOOST_TEST(relative_difference(A.V(A.Vt(x)), x) <= kExact);
  BOOST_TEST(relative_difference(A.Vt(A.V(c)), c) <= kExact);
  BOOST_TEST(std::abs(norm_of(A.V(c)) - norm_of(c)) <= kExact * norm_of(c));
  const auto measured = (A.singular_values() > 0).to(torch::kFloat64);
  const auto kept = measured * c;
  BOOST_TEST(relative_difference(measured * A.Ut(A.U(kept)), kept) <= kExact);
}

void check_singular_values(const SpectralOperator& A) {
  if (!small_enough_for_dense(A)) return;
  const auto dense = std::get<0>(at::linalg_svdvals(dense_matrix(A)).sort(0, true));
  const auto claimed = std::get<0>(A.singular_values().flatten().sort(0, true));
  const auto count = dense.numel();
  const double scale = dense.max().item<double>();
  BOOST_TEST(largest_difference(claimed.narrow(0, 0, count), dense) <= kExact * scale);
  // The scene's numbers that outnumber the measurement's are not measured.
  if (claimed.numel() > count)
    BOOST_TEST(claimed.narrow(0, count, claimed.numel() - count).max().item<double>() == 0);
}

void check_single_precision(const LinearOperator& A) {
  const auto x = pictures(A.input_shape(), 20), y = pictures(A.output_shape(), 21);
  const auto x32 = x.to(torch::kFloat32), y32 = y.to(torch::kFloat32);
  BOOST_TEST(relative_difference(A.apply(x32), A.apply(x)) <= 1e-5);
  BOOST_TEST(relative_difference(A.adjoint(y32), A.adjoint(y)) <= 1e-5);
  const auto p32 = A.prox(x32, y32, 0.1);
  BOOST_TEST((p32.scalar_type() == torch::kFloat32));
  BOOST_TEST(relative_difference(p32, A.prox(x, y, 0.1)) <= 1e-4);
}

void check_estimate_and_window(const Operator& A) {
  const Shape &in = A.input_shape(), &out = A.output_shape();
  const auto x = A.initial_estimate(pictures(out, 22).to(torch::kFloat32));
  BOOST_TEST((x.sizes() == at::IntArrayRef(in.batch(kBatch))));
  BOOST_TEST((x.scalar_type() == torch::kFloat32));
  BOOST_TEST(x.isfinite().all().item<bool>());
  const Window window = A.scene_window({0, 0, out.height, out.width});
  BOOST_TEST(window.y0 >= 0);
  BOOST_TEST(window.x0 >= 0);
  BOOST_TEST(window.y0 + window.height <= in.height);
  BOOST_TEST(window.x0 + window.width <= in.width);
}

void check_operator_laws(const Operator& A) {
  check_shape_law(A);
  check_batch_law(A);
  check_vjp_law(A);
  check_descent_law(A);
  check_estimate_and_window(A);
  if (const auto* linear = dynamic_cast<const LinearOperator*>(&A)) {
    check_adjoint_law(*linear);
    check_penrose_laws(*linear);
    check_prox_law(*linear);
    check_norm_law(*linear);
    check_single_precision(*linear);
  }
  if (const auto* spectral = dynamic_cast<const SpectralOperator*>(&A)) {
    check_spectral_form(*spectral);
    check_orthogonality(*spectral);
    check_singular_values(*spectral);
  }
}

}  // namespace restore::testing
