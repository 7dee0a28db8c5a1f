// Alpha follows its picture through an operator and back.
#include "tools/restoration/frame.h"

#include <boost/test/unit_test.hpp>

#include "librestore/model/random.h"
#include "operators/factory.h"

using namespace restore;

namespace {

torch::Tensor random_alpha(std::int64_t height, std::int64_t width) {
  Rng rng(3);
  return rand(rng, {1, height, width});
}

std::shared_ptr<const Operator> operator_for(const std::string& expression, std::int64_t height,
                                             std::int64_t width) {
  return build_operator(expression, {{3, height, width}, true});
}

}  // namespace

BOOST_AUTO_TEST_CASE(without_alpha_there_is_none_after) {
  const auto A = operator_for("downsample(2)", 20, 30);
  BOOST_TEST(!restored_alpha({}, *A).defined());
  BOOST_TEST(!measured_alpha({}, *A).defined());
}

BOOST_AUTO_TEST_CASE(at_the_same_size_not_a_bit_changes) {
  const auto alpha = random_alpha(20, 30);
  for (const std::string expression : {"identity", "blur(gaussian:1.6)", "mask(random:0.5)"})
    BOOST_TEST(restored_alpha(alpha, *operator_for(expression, 20, 30)).equal(alpha), expression);
}

BOOST_AUTO_TEST_CASE(enlarged_alpha_has_the_enlarged_pictures_size) {
  const auto A = operator_for("downsample(3, area)", 20, 31);
  const auto alpha = restored_alpha(random_alpha(20, 31), *A);
  BOOST_TEST(alpha.size(2) == 60);
  BOOST_TEST(alpha.size(3) == 93);
  BOOST_TEST(alpha.min().item<float>() >= 0);
  BOOST_TEST(alpha.max().item<float>() <= 1);
}

BOOST_AUTO_TEST_CASE(opaque_stays_opaque) {
  const auto opaque = torch::ones({1, 1, 23, 41});
  for (const int factor : {2, 3, 4}) {
    const auto A = operator_for("downsample(" + std::to_string(factor) + ")", 23, 41);
    BOOST_TEST(restored_alpha(opaque, *A).eq(1).all().item<bool>());
    BOOST_TEST(
        measured_alpha(torch::ones({1, 1, 23 * factor, 41 * factor}), *A).eq(1).all().item<bool>());
  }
}

// A blur whose frame is unknown measures less than the scene: alpha loses the same border.
BOOST_AUTO_TEST_CASE(a_valid_blur_cuts_alpha_to_its_frame) {
  const auto A = operator_for("blur(box:5)", 20, 30);
  const auto scene = random_alpha(24, 34);
  const auto measured = measured_alpha(scene, *A);
  BOOST_TEST(measured.equal(scene.slice(2, 2, 22).slice(3, 2, 32)));
}

// What the measurement does not show of the scene is like the edge of what it shows.
BOOST_AUTO_TEST_CASE(the_alpha_of_a_whole_scene_lies_where_the_measurement_does) {
  for (const std::string expression : {"blur(box:5)", "crop(2)"}) {
    BOOST_TEST_CONTEXT(expression) {
      const auto A = build_operator(expression, {{3, 24, 34}, false});
      const auto alpha = random_alpha(20, 30);
      const auto scene = scene_alpha(alpha, *A);
      BOOST_TEST((shape_of(scene) == Shape{1, 24, 34}));
      BOOST_TEST(scene.slice(2, 2, 22).slice(3, 2, 32).equal(alpha));
      BOOST_TEST(measured_alpha(scene, *A).equal(alpha));
      for (const int row : {0, 1})
        BOOST_TEST(scene.select(2, row).equal(scene.select(2, 2)), "row " << row);
      for (const int column : {32, 33})
        BOOST_TEST(scene.select(3, column).equal(scene.select(3, 31)), "column " << column);
    }
  }
  BOOST_TEST(!scene_alpha({}, *operator_for("identity", 4, 4)).defined());
}
