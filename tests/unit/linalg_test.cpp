// CG, bidiagonalisation and inner products against dense linear algebra.
#include <boost/test/unit_test.hpp>

#include "librestore/core/parallel.h"
#include "librestore/linalg/bidiagonalisation.h"
#include "librestore/linalg/conjugate_gradients.h"
#include "librestore/linalg/inner_product.h"
#include "librestore/model/random.h"
#include "tests/support/comparison.h"

namespace restore {
namespace {

constexpr Shape kShape{1, 5, 6};

// A random symmetric positive definite 30 x 30 matrix with eigenvalues from 1 to 100.
struct DenseMap {
  torch::Tensor matrix, eigenvalues;

  explicit DenseMap(std::uint64_t seed) {
    Rng rng(seed);
    const auto square = randn(rng, {1, 30, 30}, 1, torch::kFloat64)[0][0];
    const auto basis = std::get<0>(torch::linalg_qr(square));
    eigenvalues = torch::logspace(0, 2, 30, 10, torch::kFloat64);
    matrix = basis.matmul(eigenvalues.diag()).matmul(basis.t());
  }

  LinearMap map() const {
    return [this](const torch::Tensor& x) {
      return x.reshape({-1, 30}).matmul(matrix.t()).reshape(x.sizes());
    };
  }
};

BOOST_AUTO_TEST_CASE(conjugate_gradients_solves_a_dense_system) {
  const DenseMap dense(1);
  Rng rng(2);
  const auto expected = randn(rng, kShape, 3, torch::kFloat64);
  const auto result = conjugate_gradients(dense.map(), dense.map()(expected), {}, {1e-12, 200, {}});
  BOOST_TEST(result.converged);
  // The error is at most the condition number, 100, times the residual.
  BOOST_TEST(testing::relative_difference(result.x, expected) < 1e-10);
}

BOOST_AUTO_TEST_CASE(a_perfect_preconditioner_needs_one_iteration) {
  const DenseMap dense(3);
  Rng rng(4);
  const auto expected = randn(rng, kShape, 1, torch::kFloat64);
  const auto inverse = dense.matrix.inverse();
  CgOptions options{1e-10, 10, [&](const torch::Tensor& r) {
                      return r.reshape({-1, 30}).matmul(inverse.t()).reshape(r.sizes());
                    }};
  const auto result = conjugate_gradients(dense.map(), dense.map()(expected), {}, options);
  BOOST_TEST(result.iterations == 1);
  BOOST_TEST(testing::relative_difference(result.x, expected) < 1e-10);
}

BOOST_AUTO_TEST_CASE(a_batch_gives_what_its_items_give_alone) {
  const DenseMap dense(5);
  Rng rng(6);
  auto b = randn(rng, kShape, 3, torch::kFloat64);
  b[1] = 0;     // converged before the first step
  b[2] *= 1e6;  // another scale
  const auto together = conjugate_gradients(dense.map(), b, {}, {1e-8, 15, {}}).x;
  for (std::int64_t n = 0; n < 3; ++n) {
    const auto alone = conjugate_gradients(dense.map(), b.narrow(0, n, 1), {}, {1e-8, 15, {}}).x;
    // A batched matrix product rounds in another order: a few units in the last place, amplified by
    // the condition number.
    BOOST_TEST(testing::largest_difference(together.narrow(0, n, 1), alone) <=
               1e-11 * b[n].abs().max().item<double>());
  }
}

BOOST_AUTO_TEST_CASE(running_out_of_iterations_is_said) {
  const DenseMap dense(7);
  Rng rng(8);
  const auto b = randn(rng, kShape, 1, torch::kFloat64);
  const auto result = conjugate_gradients(dense.map(), b, {}, {1e-12, 3, {}});
  BOOST_TEST(!result.converged);
  BOOST_TEST(result.iterations == 3);
  BOOST_TEST(result.relative_residual > 1e-12);
}

BOOST_AUTO_TEST_CASE(bidiagonalisation_finds_the_largest_singular_value) {
  const DenseMap dense(9);
  Rng rng(14);
  const auto x = rand(rng, kShape, 1, torch::kFloat64);
  const auto largest = [&](const torch::Tensor& start) {
    return largest_singular_value(dense.map(), dense.map(), start);
  };
  // Ritz values are second-order accurate in the error of the vector: ends at 1e-6 a step are far
  // nearer.
  BOOST_TEST(std::abs(largest(x) - 100) < 1e-6);
  // Its own singular vector needs no second step.
  const auto eigen = std::get<1>(torch::linalg_eigh(dense.matrix));
  BOOST_TEST(std::abs(largest(eigen.select(1, 29).reshape({1, 1, 5, 6})) - 100) < 1e-9);
  const LinearMap none = [](const torch::Tensor& a) { return torch::zeros_like(a); };
  BOOST_TEST(largest_singular_value(none, none, x) == 0);
}

BOOST_AUTO_TEST_CASE(the_condition_number_is_bounded_from_below) {
  const DenseMap dense(11);
  Rng rng(12);
  const auto y = randn(rng, kShape, 1, torch::kFloat64);
  double before = 1;
  for (const int steps : {1, 2, 5, 10, 20}) {
    const auto bound = condition_bound(dense.map(), dense.map(), y, {steps});
    BOOST_TEST(bound.steps == steps);
    BOOST_TEST(bound.at_least >= before * (1 - 1e-12));
    BOOST_TEST(bound.at_least <= 100 * (1 + 1e-9));
    before = bound.at_least;
  }
  // As many steps as there are dimensions tell it.
  BOOST_TEST(std::abs(condition_bound(dense.map(), dense.map(), y).at_least - 100) < 1e-4);
}

BOOST_AUTO_TEST_CASE(singular_values_of_0_do_not_count) {
  // A wide matrix: singular values from 1 to 2, and a null space of 20 dimensions, which rounding
  // would let in after some 35 steps.
  Rng rng(13);
  const auto basis = [&](std::int64_t n) {
    return std::get<0>(torch::linalg_qr(randn(rng, {1, n, n}, 1, torch::kFloat64)[0][0]));
  };
  const auto U = basis(200), V = basis(220).narrow(1, 0, 200);
  const auto matrix = U.matmul(torch::linspace(1, 2, 200, torch::kFloat64).diag()).matmul(V.t());
  const auto times = [](const torch::Tensor& M) {
    return [M](const torch::Tensor& x) {
      return M.matmul(x.reshape({-1, 1})).reshape({1, 1, 1, -1});
    };
  };
  const auto y = randn(rng, {1, 1, 200}, 1, torch::kFloat64);
  const auto bound = condition_bound(times(matrix), times(matrix.t()), y, {300});
  BOOST_TEST(bound.at_least <= 2 * (1 + 1e-6));
  BOOST_TEST(bound.at_least > 1.98);
  const auto isometry = condition_bound(times(V.t()), times(V), y);
  BOOST_TEST(isometry.steps == 1);
  BOOST_TEST(std::abs(isometry.at_least - 1) < 1e-12);
  const auto nothing = torch::zeros_like(matrix);
  BOOST_TEST(condition_bound(times(nothing), times(nothing.t()), y).steps == 0);
}

BOOST_AUTO_TEST_CASE(inner_products_do_not_move_with_threads) {
  Rng rng(10);
  const auto a = randn(rng, {3, 301, 257}, 2), b = randn(rng, {3, 301, 257}, 2);
  torch::Tensor one, many;
  parallel_items(1, {1, 1}, [&](std::int64_t) { one = inner_product(a, b); });
  parallel_items(1, {1, 4}, [&](std::int64_t) { many = inner_product(a, b); });
  BOOST_TEST(torch::equal(one, many));
  const auto expected = (a.to(torch::kFloat64) * b.to(torch::kFloat64)).sum({1, 2, 3}, true);
  // Cancellation: compare with the size of the summands, 232,071 products of size 1.
  BOOST_TEST(testing::largest_difference(one, expected) < 1e-9);
}

}  // namespace
}  // namespace restore
