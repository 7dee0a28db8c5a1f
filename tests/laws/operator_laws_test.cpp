// Every law over every row of the operator table, in float64.
#include "tests/support/operator_laws.h"

#include <boost/test/unit_test.hpp>

#include "librestore/model/random.h"
#include "operators/convolution/convolution.h"
#include "operators/factory.h"
#include "operators/kernel/kernels.h"
#include "operators/resample/decimation.h"

namespace restore {
namespace {

// Odd, not square, 1, 3 and 4 channels; the first is checked against dense matrices, and the kernels of
// the table's instances reach beyond half of it.
const std::vector<Shape> kShapes{{1, 8, 7}, {3, 17, 12}, {4, 10, 15}};

void check_expression(const std::string& expression) {
  for (const Shape& shape : kShapes) {
    BOOST_TEST_CONTEXT(expression << " on " << shape.to_string()) {
      testing::check_operator_laws(*build_operator(expression, {shape, false}));
    }
  }
}

BOOST_AUTO_TEST_CASE(every_row_obeys_the_laws) {
  for (const auto& row : operator_table())
    for (const auto& expression : row.law_instances) check_expression(expression);
}

BOOST_AUTO_TEST_CASE(no_row_escapes) {
  for (const auto& row : operator_table()) {
    BOOST_TEST_CONTEXT(row.name) {
      BOOST_TEST(!row.law_instances.empty());
      bool spectral = false;
      for (const auto& expression : row.law_instances) {
        BOOST_TEST(expression.starts_with(row.name));
        const auto A = build_operator(expression, {kShapes[1], false});
        BOOST_TEST((dynamic_cast<const LinearOperator*>(A.get()) == nullptr) ==
                   row.rung.starts_with("nonlinear"));
        spectral |= dynamic_cast<const SpectralOperator*>(A.get()) != nullptr;
      }
      // The table promises the rung that --list prints.
      BOOST_TEST(spectral == (row.rung.find("spectral") != std::string::npos));
    }
  }
}

BOOST_AUTO_TEST_CASE(every_row_can_be_built_from_the_measurement) {
  const Shape kMeasured{3, 18, 12};  // both even, for what halves the scene
  for (const auto& row : operator_table()) {
    for (const auto& expression : row.law_instances) {
      BOOST_TEST_CONTEXT(expression) {
        const auto A = build_operator(expression, {kMeasured, true});
        BOOST_TEST((A->output_shape() == kMeasured));
        const Window all = A->scene_window({0, 0, kMeasured.height, kMeasured.width});
        BOOST_TEST(all.height * kMeasured.width == all.width * kMeasured.height);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(compositions_obey_the_laws) {
  check_expression("blur(gaussian:0.6, boundary=circular) | downsample(2, area)");
  check_expression("blur(box:2) | mask(random:0.3, seed=1)");
  check_expression("mask(box:0,0,2,2) | blur(gaussian:0.6, boundary=reflect) | downsample(2)");
  check_expression("blur(box:2) | response(gamma:2.2) | clip(0.8)");
  check_expression("clip(exposure=2) | downsample(2, area) | jpeg(30)");
}

// A kernel with negative lobes, of rank above 1, no symmetry, and a sum of 1.
torch::Tensor ragged_kernel(std::int64_t rows, std::int64_t columns) {
  Rng rng(7);
  auto kernel = 0.1 * randn(rng, {1, rows, columns}, 1, torch::kFloat64)[0][0];
  kernel[rows / 2][columns / 2] += 1;
  return normalise_kernel(kernel, "ragged");
}

BOOST_AUTO_TEST_CASE(every_way_and_boundary_obeys_the_laws) {
  using Way = CorrelationPlan::Way;
  for (const auto boundary :
       {Boundary::circular, Boundary::reflect, Boundary::replicate, Boundary::valid}) {
    for (const auto way : {Way::direct, Way::fourier}) {
      for (const auto& [rows, columns] : {std::pair{4, 5}, std::pair{5, 2}, std::pair{1, 6}}) {
        BOOST_TEST_CONTEXT(to_string(boundary) << (way == Way::direct ? " direct " : " fourier ")
                                               << rows << " x " << columns) {
          testing::check_operator_laws(
              *make_convolution(ragged_kernel(rows, columns), {2, 9, 8}, {boundary, way}));
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_reflected_symmetric_kernel_obeys_the_laws) {
  // It has a spectral form of its own, and a sharpening kernel is strongest at the highest frequencies.
  const auto ragged = ragged_kernel(5, 3);
  const auto symmetric = ragged + ragged.flip(0) + ragged.flip(1) + ragged.flip({0, 1});
  const auto sharpening =
      torch::tensor({{-0.1, -0.2, -0.1}, {-0.2, 2.2, -0.2}, {-0.1, -0.2, -0.1}}, torch::kFloat64);
  for (const auto& kernel : {symmetric / 4, sharpening})
    for (const Shape& shape : {Shape{2, 9, 8}, Shape{1, 3, 2}, Shape{1, 1, 1}})
      testing::check_operator_laws(*make_convolution(kernel, shape, {Boundary::reflect, {}}));
}

BOOST_AUTO_TEST_CASE(a_kernel_larger_than_the_picture_obeys_the_laws) {
  for (const auto boundary : {Boundary::circular, Boundary::reflect, Boundary::replicate}) {
    BOOST_TEST_CONTEXT(to_string(boundary)) {
      testing::check_operator_laws(
          *make_convolution(ragged_kernel(11, 8), {1, 4, 5}, {boundary, {}}));
    }
  }
}

BOOST_AUTO_TEST_CASE(decimation_of_any_kernel_obeys_the_laws) {
  for (const auto boundary :
       {Boundary::circular, Boundary::reflect, Boundary::replicate, Boundary::valid}) {
    for (const auto phase : {Phase::centre, Phase::corner}) {
      for (const Shape& shape : {Shape{2, 12, 9}, Shape{1, 13, 10}}) {
        BOOST_TEST_CONTEXT(to_string(boundary) << " on " << shape.to_string()) {
          testing::check_operator_laws(
              Decimation(ragged_kernel(4, 3), shape, 3, phase, {boundary, {}}));
        }
      }
    }
  }
}

}  // namespace
}  // namespace restore
