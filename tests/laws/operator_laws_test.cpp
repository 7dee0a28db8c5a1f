// Every law over every row of the operator table, in float64.
#include "tests/support/operator_laws.h"

#include <boost/test/unit_test.hpp>

#include "librestore/model/random.h"
#include "operators/convolution/convolution.h"
#include "operators/factory.h"
#include "operators/kernel/kernels.h"
#include "operators/noise/correlated_noise.h"
#include "operators/noise/gaussian_noise.h"
#include "operators/resample/decimation.h"
#include "operators/whitened.h"
#include "tests/support/comparison.h"

namespace restore {
namespace {

// Odd, not square, 1, 3 and 4 channels; the first is checked against dense matrices, and the
// kernels of the table's instances reach beyond half of it.
const std::vector<Shape> kShapes{{1, 8, 7}, {3, 17, 12}, {4, 10, 15}};

// The shapes of scenes that a row takes.
std::vector<Shape> shapes_for(const OperatorRow& row) {
  if (row.channels == 0) return kShapes;
  std::vector<Shape> shapes = kShapes;
  for (Shape& shape : shapes) shape.channels = row.channels;
  return shapes;
}

void check_expression(const std::string& expression, const std::vector<Shape>& shapes = kShapes) {
  for (const Shape& shape : shapes) {
    BOOST_TEST_CONTEXT(expression << " on " << shape.to_string()) {
      testing::check_operator_laws(*build_operator(expression, {shape, false}));
    }
  }
}

BOOST_AUTO_TEST_CASE(every_row_obeys_the_laws) {
  for (const auto& row : operator_table())
    for (const auto& expression : row.law_instances) check_expression(expression, shapes_for(row));
}

BOOST_AUTO_TEST_CASE(no_row_escapes) {
  for (const auto& row : operator_table()) {
    BOOST_TEST_CONTEXT(row.name) {
      BOOST_TEST(!row.law_instances.empty());
      bool spectral = false;
      for (const auto& expression : row.law_instances) {
        BOOST_TEST(expression.starts_with(row.name));
        const auto A = build_operator(expression, {shapes_for(row)[1], false});
        BOOST_TEST((dynamic_cast<const LinearOperator*>(A.get()) == nullptr) ==
                   (row.rung == Rung::nonlinear));
        spectral |= dynamic_cast<const SpectralOperator*>(A.get()) != nullptr;
      }
      // The table promises the rung that --list prints.
      BOOST_TEST(spectral == (row.rung == Rung::spectral));
    }
  }
}

BOOST_AUTO_TEST_CASE(every_row_can_be_built_from_the_measurement) {
  for (const auto& row : operator_table()) {
    for (const auto& expression : row.law_instances) {
      BOOST_TEST_CONTEXT(expression) {
        const Shape scene = shapes_for(row)[1];
        const Shape measured = build_operator(expression, {scene, false})->output_shape();
        const auto A = build_operator(expression, {measured, true});
        BOOST_TEST((A->output_shape() == measured));
        BOOST_TEST(A->input_shape().channels == scene.channels);
        const Window all = A->scene_window({0, 0, measured.height, measured.width});
        BOOST_TEST((all.y0 >= 0 && all.x0 >= 0));
        BOOST_TEST((all.y0 + all.height <= A->input_shape().height &&
                    all.x0 + all.width <= A->input_shape().width));
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

BOOST_AUTO_TEST_CASE(motion_that_loses_frequencies_still_has_its_adjoint_and_prox) {
  // A^+ is beyond the reach of CG there; the other laws do not need it.
  for (const char* expression :
       {"shift(0.5, -1.5)", "affine(0.3, -0.6, angle=10)", "affine(angle=180)",
        "affine(scale=1.2, shear=0.2, boundary=reflect)",
        "affine(1.5, angle=-100, aspect=0.9, boundary=circular)"}) {
    for (const Shape& shape : kShapes) {
      BOOST_TEST_CONTEXT(expression << " on " << shape.to_string()) {
        const auto A = build_operator(expression, {shape, false});
        const auto& linear = dynamic_cast<const LinearOperator&>(*A);
        testing::check_adjoint_law(linear);
        testing::check_prox_law(linear);
        testing::check_norm_law(linear);
        testing::check_single_precision(linear);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(stacks_obey_the_laws) {
  check_expression("[identity]");
  check_expression("[blur(box:2, boundary=circular) ; mask(random:0.4) ; downsample(1)]");
  check_expression(
      "blur(gaussian:0.5, boundary=reflect) | [mask(checker:1) ; crop(0) | [identity ; "
      "mask(box:0,0,2,2)]]");
  check_expression("[clip ; clip(exposure=4) ; blur(box:2, boundary=circular)]");
  check_expression("[grey ; mosaic(gbrg) ; grey | mask(random:0.3)]", {{3, 8, 7}, {3, 17, 12}});
}

BOOST_AUTO_TEST_CASE(a_stack_is_its_measurements_below_each_other) {
  const Shape scene{3, 12, 9};
  const auto A = build_operator("[identity ; crop(0) | mask(checker:2)]", {scene, false});
  BOOST_TEST((A->output_shape() == Shape{3, 24, 9}));
  Rng rng(3);
  const auto x = randn(rng, scene, 1, torch::kFloat64), y = A->apply(x);
  BOOST_TEST(torch::equal(y.narrow(2, 0, 12), x));
  const auto checker = build_operator("mask(checker:2)", {scene, false});
  BOOST_TEST(torch::equal(y.narrow(2, 12, 12), checker->apply(x)));
  // From a measurement, each branch has its share.
  BOOST_TEST(
      (build_operator("[identity ; mask(checker:2)]", {{3, 24, 9}, true})->input_shape() == scene));
}

// The norm is a bound where W A has no closed form, and A^+ may be beyond the reach of CG there.
void check_laws_of_whitened(const Operator& B) {
  testing::check_shape_law(B);
  testing::check_batch_law(B);
  testing::check_vjp_law(B);
  testing::check_descent_law(B);
  testing::check_estimate_and_window(B);
  const auto* linear = dynamic_cast<const LinearOperator*>(&B);
  if (!linear) return;
  testing::check_adjoint_law(*linear);
  testing::check_prox_law(*linear);
  testing::check_single_precision(*linear);
  if (dynamic_cast<const SpectralOperator*>(linear)) testing::check_operator_laws(B);
}

void check_whitened(const std::string& expression, const Shape& shape) {
  const auto A = build_operator(expression, {shape, false});
  Rng rng(5);
  const Shape measured = A->output_shape();
  const auto sigmas = [&](const Shape& size) {
    return 0.05 + 0.1 * rand(rng, size, 1, torch::kFloat64);
  };
  const GaussianNoise map(sigmas(measured), "map");
  const GaussianNoise channels(sigmas({measured.channels, 1, 1}), "channels");
  const CorrelatedNoise correlated(0.1, 1);
  const auto z = torch::zeros(measured.batch(1), torch::kFloat64);
  for (const NoiseModel* noise :
       std::initializer_list<const NoiseModel*>{&map, &channels, &correlated}) {
    BOOST_TEST_CONTEXT(expression << " on " << shape.to_string() << " under "
                                  << noise->describe()) {
      const auto W = noise->whitening(z, 0);
      const auto B = whitened(A, W);
      check_laws_of_whitened(*B);
      const auto x = rand(rng, shape, 2, torch::kFloat64);
      BOOST_TEST(testing::relative_difference(B->apply(x), W(A->apply(x))) < 1e-10);
    }
  }
}

BOOST_AUTO_TEST_CASE(whitened_operators_obey_the_laws) {
  for (const Shape& shape : kShapes) {
    for (const char* expression :
         {"identity", "mask(random:0.4, seed=3)", "blur(motion:4,30, boundary=circular)",
          "blur(box:2)", "blur(gaussian:0.8, boundary=reflect)", "downsample(2, area)",
          "fourier(random:0.4, seed=2)", "hadamard(0.5)", "crop(1)", "clip", "clip | quantise(4)"})
      check_whitened(expression, shape);
  }
  for (const char* expression : {"grey", "mosaic", "colour(matrix:0.2,0.7,0.1,-0.1,0.4,0.6)"})
    check_whitened(expression, {3, 17, 12});
}

BOOST_AUTO_TEST_CASE(whitening_keeps_a_spectrum_where_it_can) {
  const auto spectral = [](const std::string& expression, const NoiseModel& noise) {
    const auto A = build_operator(expression, {{3, 8, 7}, false});
    const auto z = torch::zeros(A->output_shape().batch(1), torch::kFloat64);
    const auto B = whitened(A, noise.whitening(z, 0));
    return dynamic_cast<const SpectralOperator*>(B.get()) != nullptr;
  };
  const GaussianNoise channels(torch::tensor({0.1, 0.2, 0.3}).view({1, 3, 1, 1}), "channels");
  const CorrelatedNoise correlated(0.1, 1);
  BOOST_TEST(spectral("mask(box:1,1,3,3)", channels));
  BOOST_TEST(spectral("identity", correlated));
  BOOST_TEST(spectral("blur(box:3, boundary=circular)", correlated));
  BOOST_TEST(spectral("grey", correlated));
  BOOST_TEST(!spectral("mask(box:1,1,3,3)", correlated));
  BOOST_TEST(!spectral("fourier(radial:3)", correlated));
  BOOST_TEST(!spectral("blur(box:3, boundary=reflect)", correlated));
  BOOST_TEST(!spectral("blur(box:3)", channels));
  for (const char* each : {"blur(box:3, boundary=circular)", "blur(box:3, boundary=reflect)",
                           "downsample(2)", "fourier(radial:3)", "hadamard(0.5)", "crop(1)"})
    BOOST_TEST(spectral(each, channels), each);
  for (const char* each : {"mosaic", "grey"})
    BOOST_TEST(
        spectral(each, GaussianNoise(torch::linspace(0.1, 0.2, 56).view({1, 1, 8, 7}), "map")),
        each);
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
  // It has a spectral form of its own, and a sharpening kernel is strongest at the highest
  // frequencies.
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
        // A kernel of several samples' width: what they measure overlaps.
        for (const auto& kernel : {ragged_kernel(4, 3), ragged_kernel(7, 5)}) {
          BOOST_TEST_CONTEXT(to_string(boundary) << " on " << shape.to_string()) {
            testing::check_operator_laws(Decimation(kernel, shape, 3, phase, {boundary, {}}));
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace restore
