// Denoisers of denoisers: what they say of themselves, bounded ones, and those for Poisson noise.
// (The results of equivariant ones: tests/laws; of tiled ones: tile_test.)
#include <boost/test/unit_test.hpp>

#include "librestore/model/random.h"
#include "librestore/tile/tiled_denoiser.h"
#include "librestore/tile/windowed_denoiser.h"
#include "priors/anscombe.h"
#include "priors/bounded.h"
#include "priors/equivariant.h"
#include "priors/factory.h"
#include "tests/support/comparison.h"
#include "tests/support/small_problems.h"

namespace restore {
namespace {

using testing::Function;
using testing::largest_difference;

double rms(const torch::Tensor& x) { return x.square().mean().sqrt().item<double>(); }

// y = gain k, k ~ Poisson(x / gain), by libtorch's generator with a fixed seed.
torch::Tensor poisson(const torch::Tensor& x, double gain) {
  torch::manual_seed(5);
  return gain * at::poisson(x / gain);
}

// Says of itself what no default says, and keeps the levels that it is called at.
class Peculiar : public MmseDenoiser {
 public:
  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override {
    levels.push_back(sigma);
    return x;
  }
  Linearization linearize(const torch::Tensor& x, double) const override {
    return {x, [](const torch::Tensor& v) { return v; }};
  }
  std::optional<int> receptive_field() const override { return 5; }
  int alignment() const override { return 4; }
  double bytes_per_pixel() const override { return 4321; }
  double pullback_bytes_per_pixel() const override { return 98765; }
  SigmaRange sigma_range() const override { return {0.1, 0.7}; }
  std::string name() const override { return "peculiar"; }
  std::string remark(std::int64_t, std::int64_t) const override { return "in a way"; }
  double deviation_scale(const std::string&) const override { return 2.5; }
  mutable std::vector<double> levels;
};

BOOST_AUTO_TEST_CASE(a_wrapper_says_what_its_prior_says) {
  const auto inner = std::make_shared<const Peculiar>();
  const auto check = [&](const Denoiser& wrapper, bool same_D) {
    BOOST_TEST_CONTEXT(wrapper.name()) {
      // What the wrapper keeps besides is a few copies of the picture.
      const double bytes = wrapper.bytes_per_pixel() - inner->bytes_per_pixel();
      BOOST_TEST(bytes >= 0);
      BOOST_TEST(bytes <= 4 * kBytesOfPicture);
      if (const auto* mmse = dynamic_cast<const MmseDenoiser*>(&wrapper))
        BOOST_TEST(mmse->pullback_bytes_per_pixel() == inner->pullback_bytes_per_pixel());
      BOOST_TEST(wrapper.alignment() == inner->alignment());
      BOOST_TEST((!wrapper.receptive_field() || *wrapper.receptive_field() == 5));
      BOOST_TEST(wrapper.name().ends_with(inner->name()));
      BOOST_TEST(wrapper.remark(8, 8) == "in a way");
      // Where D is another, nobody has measured it.
      BOOST_TEST(wrapper.deviation_scale("pigdm") == (same_D ? 2.5 : 1));
      const auto [lowest, highest] = wrapper.sigma_range();
      inner->levels.clear();
      for (const double sigma : {lowest, highest})
        wrapper.denoise(torch::full({1, 1, 2, 3}, 0.5, torch::kFloat64), sigma);
      const auto [least, most] = std::minmax_element(inner->levels.begin(), inner->levels.end());
      BOOST_TEST((*least >= 0.1 && *most <= 0.7));
      BOOST_TEST(*least == 0.1, boost::test_tools::tolerance(1e-12));
      BOOST_TEST(*most == 0.7, boost::test_tools::tolerance(1e-12));
    }
  };
  check(TiledDenoiser(inner, 8), true);
  check(TiledMmseDenoiser(inner, 8), true);
  check(WindowedDenoiser(inner, 8), true);
  check(Bounded(inner), false);
  check(Equivariant(inner), false);
  check(Anscombe(inner), false);
}

BOOST_AUTO_TEST_CASE(a_bounded_denoiser_moves_no_picture_further_than_its_bound) {
  Rng rng(1);
  const auto x = rand(rng, {3, 9, 8}, 2, torch::kFloat64);
  const auto far =
      std::make_shared<const Function>([](const torch::Tensor& v, double) { return -3 * v; });
  const auto near = std::make_shared<const Function>(
      [](const torch::Tensor& v, double sigma) { return v - sigma * v.sign(); });
  constexpr double kSigma = 0.1;
  const auto moved = Bounded(far).denoise(x, kSigma) - x;
  for (int n = 0; n < 2; ++n)
    BOOST_TEST(rms(moved[n]) == Bounded::kC * kSigma, boost::test_tools::tolerance(1e-12));
  // In the same direction, and not at all changed within the bound.
  BOOST_TEST(largest_difference(moved[0] / rms(moved[0]), -x[0] / rms(x[0])) < 1e-12);
  BOOST_TEST(torch::equal(Bounded(near).denoise(x, kSigma), x - kSigma));
  BOOST_TEST(torch::equal(Bounded(far).denoise(x, 0), x));
}

BOOST_AUTO_TEST_CASE(the_square_root_makes_all_counts_equally_noisy) {
  for (const double mean : {4.0, 10.0, 100.0, 1000.0}) {
    const auto f = anscombe_forward(poisson(torch::full({400000}, mean, torch::kFloat64), 1));
    // 400000 draws settle a standard deviation to 0.0011; Anscombe's expansion leaves 1/(16
    // mean^2).
    BOOST_TEST(std::abs(f.std().item<double>() - 1) < 0.004 + 1 / (8 * mean * mean));
    // I(E[f]) = E[k]. The standard error of the mean is sqrt(mean / 400000), and Makitalo and Foi's
    // closed form is off by 0.02 at most.
    const double back = anscombe_inverse(f.mean()).item<double>();
    BOOST_TEST(std::abs(back - mean) < 0.02 + 4 * std::sqrt(mean / 400000));
    // f's own inverse is off by 1/4, for f bends.
    BOOST_TEST(std::abs(std::pow(f.mean().item<double>() / 2, 2) - 3.0 / 8 - mean) > 0.2);
  }
}

// Of few counts exactly: E[f] is a sum, and Makitalo and Foi's closed form off by less than 0.007.
BOOST_AUTO_TEST_CASE(the_inverse_is_that_of_the_mean) {
  for (const double mean : {0.05, 0.3, 0.5, 1.0, 2.0, 4.0}) {
    double expectation = 0, p = std::exp(-mean);
    for (int k = 0; k < 60; p *= mean / ++k) expectation += p * 2 * std::sqrt(k + 3.0 / 8);
    const double back =
        anscombe_inverse(torch::full({1}, expectation, torch::kFloat64)).item<double>();
    BOOST_TEST(std::abs(back - mean) < 0.007, "mean " << mean << ": " << back);
  }
}

// With g = 2 sigma^2, black is 0 and white 1 to the inner denoiser, and one count's noise 1 /
// (f(1/g) - f(0)).
BOOST_AUTO_TEST_CASE(the_inner_denoiser_sees_a_picture) {
  constexpr double kSigma = 0.2, kGain = 2 * kSigma * kSigma;
  torch::Tensor seen;
  double level = 0;
  const auto inner = std::make_shared<const Function>([&](const torch::Tensor& t, double sigma) {
    seen = t;
    level = sigma;
    return t;
  });
  const auto x = torch::tensor({0.0, 0.3, 1.0}, torch::kFloat64).view({1, 1, 1, 3});
  const auto D = Anscombe(inner).denoise(x, kSigma);
  const auto f = [](double k) { return 2 * std::sqrt(k + 3.0 / 8); };
  const double range = f(1 / kGain) - f(0);
  const auto expected = torch::tensor({0.0, (f(0.3 / kGain) - f(0)) / range, 1.0}, torch::kFloat64);
  BOOST_TEST(largest_difference(seen.flatten(), expected) < 1e-14);
  BOOST_TEST(level == 1 / range, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(largest_difference(D, kGain * anscombe_inverse(anscombe_forward(x / kGain))) < 1e-14);
}

BOOST_AUTO_TEST_CASE(poisson_noise_is_removed_without_bias) {
  // 12 counts at white, in a picture with dark and bright halves: its noise differs fivefold.
  constexpr double kGain = 1.0 / 12;
  auto clean = torch::full({1, 1, 64, 64}, 0.04, torch::kFloat64);
  clean.slice(3, 32, 64).fill_(0.96);
  const auto noisy = poisson(clean, kGain);
  const double sigma = std::sqrt(kGain / 2);
  const auto gaussian = make_prior("tv");
  const auto estimate = make_prior("anscombe:tv")->denoise(noisy, sigma);
  const double plain = rms(gaussian->denoise(noisy, sigma) - clean);
  BOOST_TEST_MESSAGE("rms " << rms(noisy - clean) << ", tv " << plain << ", anscombe:tv "
                            << rms(estimate - clean));
  BOOST_TEST(rms(estimate - clean) < 0.9 * plain);
  for (const auto& half : {0, 32}) {
    const auto inside = [&](const torch::Tensor& x) { return x.slice(3, half + 4, half + 28); };
    const double truth = inside(clean).mean().item<double>();
    // 1536 pixels: a standard error of sqrt(g x0 / 1536); four of them, and a hundredth for the
    // edge.
    BOOST_TEST(std::abs(inside(estimate).mean().item<double>() - truth) <
               4 * std::sqrt(kGain * truth / 1536) + 0.01);
  }
}

}  // namespace
}  // namespace restore
