// Filling region by region is filling the picture at once, to what a viewer could tell.
#include <boost/test/unit_test.hpp>

#include "operators/noise/gaussian_noise.h"
#include "operators/sampling/mask.h"
#include "operators/sampling/mask_patterns.h"
#include "tools/restoration/hole_regions.h"
#include "tools/restoration/inpaint.h"

using namespace restore;

namespace {

class Silent : public Observer {
 public:
  bool step(const StepReport&) override { return true; }
};

// Shading and edges without end: 1 x 3 x height x width in [0.1, 0.9].
torch::Tensor picture(std::int64_t height, std::int64_t width) {
  const auto y = torch::arange(height, torch::kFloat32).reshape({1, 1, -1, 1});
  const auto x = torch::arange(width, torch::kFloat32).reshape({1, 1, 1, -1});
  const auto waves =
      torch::sin(0.05 * x + 0.02 * y) + torch::sign(torch::sin(0.031 * x - 0.07 * y));
  const auto red = 0.5 + 0.2 * waves;
  return torch::cat({red, 1 - red, 0.5 + 0.2 * torch::cos(0.04 * y + 0 * x)}, 1).contiguous();
}

// 4 px wide, from corner to corner.
torch::Tensor scratch(std::int64_t height, std::int64_t width) {
  const auto y = torch::arange(height, torch::kFloat32).reshape({1, 1, -1, 1});
  const auto x = torch::arange(width, torch::kFloat32).reshape({1, 1, 1, -1});
  return (x - y * (static_cast<double>(width) / static_cast<double>(height))).abs() < 2;
}

MethodOptions options() {
  MethodOptions options;
  options.prior = "tv";
  options.noise = "0";
  return options;
}

}  // namespace

// Remembers what the method was given.
class Given : public Silent {
 public:
  void begin(const Measurement& measurement) override { sigma = measurement.sigma_y(); }
  double sigma = 0;
};

// A scene that ends at three times white is a third as noisy in units of its own range; one that
// ends above white by its noise alone, six standard deviations at most, ends at white.
BOOST_AUTO_TEST_CASE(a_measurement_is_divided_by_the_range_of_its_scene) {
  const Restorer restorer(Task::inpaint, options(), std::int64_t{1} << 30);
  const auto holes = at::zeros({1, 1, 20, 30}, torch::kBool);
  const auto y = picture(20, 30);
  const auto A = std::make_shared<Mask>(Shape{3, 20, 30}, holes);
  constexpr double kSigma = 0.05;
  for (const auto& [range, scale] : {std::pair{1.0, 1.0}, {1.29, 1.0}, {3.0, 2.7}}) {
    Given given;
    restorer.restore(y, A, {.noise = std::make_shared<GaussianNoise>(kSigma), .range = range},
                     given);
    BOOST_TEST(given.sigma == kSigma / scale, boost::test_tools::tolerance(1e-9));
  }
}

// Holes everywhere make one region of the whole picture. Its residual is that of the values that
// are known: a mask's operator counts the others as explained.
BOOST_AUTO_TEST_CASE(the_residual_is_that_of_the_known_values) {
  const auto colour = picture(40, 60);
  const auto holes = random_missing({1, 40, 60}, 0.5, 3);
  BOOST_TEST_REQUIRE(hole_regions(holes, 48).size() == 1U);
  const Restorer restorer(Task::inpaint, options(), std::int64_t{1} << 30);
  Silent observer;
  const auto noise = std::make_shared<GaussianNoise>(0.03);
  const auto filled =
      inpaint(restorer, colour, holes, Part{{0, 0, 40, 60}, 40, 60}, 0, observer, noise);
  const auto A = std::make_shared<Mask>(Shape{3, 40, 60}, holes);
  const auto whole =
      restorer.restore(colour.masked_fill(holes, 0), A, {.noise = noise}, observer).summary;
  const double known = 1 - holes.to(torch::kFloat64).mean().item<double>();
  BOOST_TEST(filled.record.at("residual").get<double>() == whole.data_residual / std::sqrt(known),
             boost::test_tools::tolerance(1e-4));
}

BOOST_AUTO_TEST_CASE(regions_agree_with_the_whole) {
  const auto colour = picture(600, 900);
  const auto holes = scratch(600, 900);
  BOOST_TEST_REQUIRE(hole_regions(holes, 48).size() > 2U);
  const Restorer restorer(Task::inpaint, options(), std::int64_t{1} << 30);
  Silent observer;
  const Part all{{0, 0, 600, 900}, 600, 900};
  const auto by_regions = inpaint(restorer, colour, holes, all, 0, observer).colour;
  const auto A = std::make_shared<Mask>(Shape{3, 600, 900}, holes);
  const Circumstances now{.noise = std::make_shared<GaussianNoise>(0)};
  const auto whole = restorer.restore(colour.masked_fill(holes, 0), A, now, observer).estimate;
  const double worst = (by_regions - whole).masked_select(holes).abs().max().item<double>();
  BOOST_TEST_MESSAGE("largest difference " << worst);
  // A step of an 8-bit file. Measured: a third of it, of which the prox's own tolerance is a part.
  BOOST_TEST(worst < 1.0 / 255);
}

// The first scratch is longer than the second: of counts the sum, of the rest the worst.
BOOST_AUTO_TEST_CASE(what_is_told_is_of_all_regions) {
  const auto colour = picture(100, 400);
  const auto holes = [&](bool left, bool right) {
    auto both = torch::zeros({1, 1, 100, 400}, torch::kBool);
    if (left) both.slice(2, 30, 70).slice(3, 30, 40).fill_(true);
    if (right) both.slice(2, 48, 52).slice(3, 350, 360).fill_(true);
    return both;
  };
  auto some = options();
  some.noise = "0.01";
  const Restorer restorer(Task::inpaint, some, std::int64_t{1} << 30);
  Silent observer;
  const auto record = [&](const torch::Tensor& mask) {
    return inpaint(restorer, colour, mask, {{0, 0, 100, 400}, 100, 400}, 0, observer).record;
  };
  const auto left = record(holes(true, false)), right = record(holes(false, true)),
             both = record(holes(true, true));
  for (const char* sum : {"regions", "computed_pixels", "denoiser_calls"})
    BOOST_TEST(both[sum] == left[sum].get<int>() + right[sum].get<int>(), sum);
  for (const char* most : {"iterations", "fixed_point_residual"})
    BOOST_TEST(both[most] == std::max(left[most], right[most]), most);
}

// Where a part of a picture has no hole there is nothing to explain, and nothing that counts.
BOOST_AUTO_TEST_CASE(without_holes_nothing_is_told) {
  const auto colour = picture(64, 80);
  const Restorer restorer(Task::inpaint, options(), std::int64_t{1} << 30);
  Silent observer;
  const auto filled = inpaint(restorer, colour, torch::zeros({1, 1, 64, 80}, torch::kBool),
                              {{0, 0, 64, 80}, 64, 200}, 0, observer);
  BOOST_TEST(torch::equal(filled.colour, colour));
  BOOST_TEST(filled.record["residual"] == 0);
  BOOST_TEST(filled.known == 0);
}
