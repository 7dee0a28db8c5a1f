// Noise models by their laws, and the estimator on noise of a known level.
#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/core/parallel.h"
#include "librestore/model/random.h"
#include "operators/compose/identity.h"
#include "operators/noise/estimators.h"
#include "operators/noise/gain_fit.h"
#include "operators/noise/gaussian_noise.h"
#include "operators/noise/patch_covariance.h"
#include "operators/noise/poisson_noise.h"
#include "operators/noise_factory.h"
#include "operators/whitened.h"
#include "tests/support/noise_laws.h"

namespace restore {
namespace {

BOOST_AUTO_TEST_CASE(every_row_obeys_the_laws) {
  for (const auto& row : noise_table()) {
    BOOST_TEST_CONTEXT(row.name) {
      BOOST_TEST(!row.law_instances.empty());
      for (const auto& expression : row.law_instances) {
        BOOST_TEST_CONTEXT(expression) { testing::check_noise_laws(*make_noise(expression)); }
      }
    }
  }
}

// One variance in every channel and no covariance with neighbours.
BOOST_AUTO_TEST_CASE(more_noise_makes_noise_white) {
  constexpr int kDraws = 20;
  const Shape shape{3, 20, 100};
  for (const char* expression : {"gaussian(channels:0.1,0.2,0.3)", "correlated(0.1, length=1)",
                                 "correlated(0.1, length=3)"}) {
    BOOST_TEST_CONTEXT(expression) {
      Rng rng(15);
      const auto noise = make_noise(expression);
      const auto z = rand(rng, shape, 1, torch::kFloat64);
      std::vector<torch::Tensor> draws;
      double sigma = 0;
      for (int i = 0; i < kDraws; ++i) {
        const Measurement y{noise->sample(z, rng), std::make_shared<Identity>(shape), noise};
        const auto white = filled_to_white(y, whitening_of(y), rng);
        sigma = white.sigma_y();
        draws.push_back(white.y - z);
      }
      const auto e = torch::cat(draws);
      for (std::int64_t c = 0; c < shape.channels; ++c) {
        const auto squares = e.select(1, c).square();
        BOOST_TEST(testing::has_mean(squares, torch::full_like(squares, sigma * sigma)));
      }
      for (const int axis : {2, 3}) {
        const auto products = (e * e.roll(1, axis)).mean({1, 2, 3});
        BOOST_TEST(testing::has_mean(products, torch::zeros_like(products)));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(descriptions_are_expressions_of_the_same_noise) {
  const auto z = torch::full({1, 3, 4, 5}, 0.3, torch::kFloat64);
  for (const auto& row : noise_table()) {
    for (const auto& expression : row.law_instances) {
      const auto noise = make_noise(expression), again = make_noise(noise->describe());
      Rng first(6), second(6);
      BOOST_TEST(noise->describe() == again->describe());
      BOOST_TEST(torch::equal(noise->sample(z, first), again->sample(z, second)));
    }
  }
}

// The standard deviation that a method is told is that of the variance at mid-grey; rounding, whose
// variance d^2 f (1 - f) between levels d apart varies faster than any grey, its mean: d^2 / 6.
BOOST_AUTO_TEST_CASE(sigma_is_the_root_mean_variance) {
  const std::pair<const char*, double> known[] = {
      {"12.75/255", 0.05 * 0.05},
      {"gaussian(channels:0.1,0.2,0.3)", (0.01 + 0.04 + 0.09) / 3},
      {"correlated(0.1, 2)", 0.01},
      {"poisson(0.01)", 0.01 * 0.5},
      {"poisson-gaussian(0.01, 0.05)", 0.01 * 0.5 + 0.0025},
      {"quantisation(3)", 1 / (6.0 * 49)},
  };
  // A few roundings in float64.
  for (const auto& [expression, variance] : known)
    BOOST_TEST(make_noise(expression)->sigma() == std::sqrt(variance),
               boost::test_tools::tolerance(1e-12));
}

// The parts of a map are its rectangles; a map for something else is refused before it is cut.
BOOST_AUTO_TEST_CASE(a_map_of_noise_is_cut_with_the_measurement) {
  Rng rng(5);
  const Shape whole{1, 9, 11};
  const Window window{2, 3, 4, 6};
  const GaussianNoise map(rand(rng, whole, 1, torch::kFloat64), "map");
  const auto cut = [&](const torch::Tensor& x) { return x.narrow(2, 2, 4).narrow(3, 3, 6); };
  const auto z = torch::zeros(whole.batch(1), torch::kFloat64);
  const auto part = map.part(window, whole);
  BOOST_TEST(torch::equal(part->variance(cut(z)), cut(map.variance(z))));
  BOOST_TEST(part->describe() == "map");
  BOOST_CHECK_THROW(map.part(window, {1, 9, 12}), Error);
  const auto channels = make_noise("gaussian(channels:0.1,0.2,0.3)")->part(window, {3, 9, 11});
  BOOST_TEST(channels->variance(torch::zeros({1, 3, 4, 6}))
                 .equal(make_noise("gaussian(channels:0.1,0.2,0.3)")
                            ->variance(z.expand({1, 3, 9, 11}).to(torch::kFloat32))));
  BOOST_TEST(!make_noise("poisson(0.1)")->part(window, whole));
}

// W of a part is that of the whole but for what lies within the model's reach of the border.
BOOST_AUTO_TEST_CASE(correlations_are_whitened_alike_in_parts) {
  Rng rng(5);
  for (const char* expression : {"correlated(0.1, 0.5)", "correlated(0.1, 2)"}) {
    BOOST_TEST_CONTEXT(expression) {
      const auto noise = make_noise(expression);
      const auto r = randn(rng, {1, 90, 101}, 1, torch::kFloat64);
      const auto white = [&](const torch::Tensor& x) { return noise->whitening(x, 0)(x); };
      const auto reach = noise->reach();
      const auto inner = [&](const torch::Tensor& x) {
        return x.slice(2, reach, -reach).slice(3, reach, -reach);
      };
      const auto cut = [](const torch::Tensor& x) { return x.slice(2, 20, 80).slice(3, 10, 95); };
      const auto whole = inner(cut(white(r))), part = inner(white(cut(r).contiguous()));
      const double size = std::sqrt(whole.square().mean().item<double>());
      const double error = (whole - part).square().mean().sqrt().item<double>();
      // exp(-8), of which the border's many values add up a few; W's common factor is c of a finite
      // grid.
      BOOST_TEST(error < 1e-3 * size);
    }
  }
}

// The likelihood of a mean below 0, or of one so small that no count tells it from 0, is that of
// the least mean: it is flat there, and where no light falls only the reading is noisy.
BOOST_AUTO_TEST_CASE(in_the_dark_the_likelihood_ends) {
  const auto z = torch::tensor({-0.3, -1e-3, 5e-6, 2e-5, 0.4}, torch::kFloat64).view({1, 1, 1, 5});
  const auto y = torch::tensor({0.01, 0.02, 0.03, 0.01, 0.5}, torch::kFloat64).view({1, 1, 1, 5});
  const double h = 1e-7;
  for (const char* expression : {"poisson(0.01)", "poisson-gaussian(0.01, 0.02)"}) {
    const auto noise = make_noise(expression);
    const auto gradient = noise->gradient(y, z);
    for (std::int64_t i = 0; i < 5; ++i) {
      auto step = torch::zeros_like(z);
      step[0][0][0][i] = h;
      const double slope = ((noise->negative_log_likelihood(y, z + step) -
                             noise->negative_log_likelihood(y, z - step)) /
                            (2 * h))
                               .item<double>();
      const double found = gradient[0][0][0][i].item<double>();
      // h^2 of the third derivative, 2 y / (gain z^3) at most, and rounding over h.
      BOOST_TEST(std::abs(found - slope) < 1e-5 * (1 + std::abs(slope)), expression << " " << i);
    }
  }
  BOOST_TEST(make_noise("poisson(0.01)")->variance(z)[0][0][0][0].item<double>() == 0);
  BOOST_TEST(make_noise("poisson-gaussian(0.01, 0.02)")->variance(z)[0][0][0][0].item<double>() ==
                 0.02 * 0.02,
             boost::test_tools::tolerance(1e-12));
}

// Side lobes count as 0; differences are no counts.
BOOST_AUTO_TEST_CASE(photons_need_means_from_0_up) {
  Rng rng(5);
  const auto lobes = torch::tensor({-0.02, 0.4, 0.6}, torch::kFloat64).view({1, 1, 1, 3});
  const auto differences = torch::tensor({-0.8, 0.4, 0.6}, torch::kFloat64).view({1, 1, 1, 3});
  for (const char* expression : {"poisson(0.01)", "poisson-gaussian(0.01, 0.02)"}) {
    const auto noise = make_noise(expression);
    BOOST_CHECK_NO_THROW(noise->sample(lobes, rng));
    BOOST_CHECK_NO_THROW(noise->whitening(lobes, 1e-3));
    BOOST_CHECK_THROW(noise->sample(differences, rng), Error);
    BOOST_CHECK_THROW(noise->whitening(differences, 1e-3), Error);
  }
}

// The black sky of a picture, alone in its part: half of what is measured and half of what is
// estimated lie below 0, by rounding or by noise, and no operator is to blame.
BOOST_AUTO_TEST_CASE(darkness_is_no_negative_light) {
  Rng rng(5);
  const Shape shape{1, 40, 50};
  const auto unit = randn(rng, shape, 1, torch::kFloat64);
  const auto identity = std::make_shared<Identity>(shape);
  for (const char* expression : {"poisson(0.01)", "poisson-gaussian(0.01, 0.02)"}) {
    BOOST_TEST_CONTEXT(expression) {
      const auto noise = make_noise(expression);
      BOOST_CHECK_NO_THROW(noise->sample(torch::zeros_like(unit), rng));
      BOOST_CHECK_NO_THROW(noise->sample(1e-7 * unit, rng));
      for (const double error : {1e-9, 1e-3, 0.02}) {
        const Measurement measurement{error * unit, identity, noise};
        BOOST_CHECK_NO_THROW(whitened(measurement));
        BOOST_TEST(std::isfinite(residual_in_sigmas(measurement, -measurement.y)));
      }
      // Means are not noisy, and noise is not that large.
      BOOST_CHECK_THROW(noise->sample(0.02 * unit, rng), Error);
      BOOST_CHECK_THROW(noise->whitening(0.2 * unit, 1e-3), Error);
    }
  }
}

// Neighbours on a circle: the covariance at distance 1 over the variance is the mean of P cos(w)
// over the mean of P; with length 0 it is 0.
BOOST_AUTO_TEST_CASE(correlated_noise_has_its_correlation) {
  Rng rng(7);
  const auto z = torch::zeros({40, 1, 1, 64}, torch::kFloat64);
  const auto n = make_noise("correlated(0.1, 2)")->sample(z, rng);
  const auto w = torch::arange(64, torch::kFloat64) * (2 * M_PI / 64);
  const auto P = 1 / (1 + 4 * 4 * (w / 2).sin().square());
  const double expected = ((P * w.cos()).mean() / P.mean()).item<double>();
  const double found = ((n * n.roll(1, 3)).mean() / n.square().mean()).item<double>();
  // 2560 numbers of which some four go together: 5 standard errors of a correlation coefficient.
  BOOST_TEST(std::abs(found - expected) < 5 * (1 - expected * expected) / std::sqrt(2560 / 4.0));
}

// A chi-square of 10^4 counts of mean 3.3 against e^-3.3 3.3^k / k!, 0 to 9 and the rest: 10
// degrees of freedom, above 35.6 with probability 1e-4.
BOOST_AUTO_TEST_CASE(counts_follow_the_poisson_distribution) {
  Rng rng(8);
  constexpr double kRate = 3.3, kCount = 1e4;
  const auto counts = poisson_counts(torch::full({1, 1, 100, 100}, kRate, torch::kFloat64), rng);
  double chi_square = 0, p = std::exp(-kRate), rest = 1;
  for (int k = 0; k < 10; ++k, p *= kRate / k) {
    const double found = counts.eq(k).sum().item<double>();
    chi_square += (found - kCount * p) * (found - kCount * p) / (kCount * p);
    rest -= p;
  }
  const double found = counts.ge(10).sum().item<double>();
  chi_square += (found - kCount * rest) * (found - kCount * rest) / (kCount * rest);
  BOOST_TEST(chi_square < 35.6);
  BOOST_TEST(poisson_counts(torch::full({1, 1, 2, 2}, -1.0), rng).abs().max().item<double>() == 0);
}

BOOST_AUTO_TEST_CASE(threads_do_not_change_a_count) {
  Rng rng(9);
  const auto rate = 50 * rand(rng, {1, 90, 110}, 3);  // several tasks
  const auto counts = [&](int threads) {
    torch::Tensor drawn;
    Rng stream(10);
    with_threads(threads, [&] { drawn = poisson_counts(rate, stream); });
    return drawn;
  };
  BOOST_TEST(torch::equal(counts(1), counts(2)));
}

BOOST_AUTO_TEST_CASE(mistakes_in_a_noise_expression_are_one_line_with_a_column) {
  const auto message = [](const std::string& expression) -> std::string {
    try {
      make_noise(expression);
    } catch (const Error& problem) {
      return problem.what();
    }
    return "accepted";
  };
  const std::vector<std::pair<std::string, std::string>> mistakes{
      {"-0.1", "column 1: a standard deviation"},
      {"loud", "column 1: unknown noise \"loud\""},
      {"poisson", "column 1: poisson needs gain"},
      {"poisson(0)", "column 9"},
      {"poisson(0.1) | 0.2", "column 16: one noise model"},
      {"gaussian(red:1)", "column 10: write a number"},
      {"quantisation(2.5)", "column 14"},
  };
  for (const auto& [expression, expected] : mistakes) {
    const auto found = message(expression);
    BOOST_TEST((found.find(expected) != std::string::npos), expression << " says: " << found);
  }
}

BOOST_AUTO_TEST_CASE(a_map_of_another_size_is_refused) {
  Rng rng(9);
  const GaussianNoise noise(torch::ones({1, 1, 4, 5}), "map");
  BOOST_CHECK_NO_THROW(noise.sample(torch::zeros({2, 3, 4, 5}), rng));
  BOOST_CHECK_THROW(noise.sample(torch::zeros({1, 3, 4, 6}), rng), Error);
}

BOOST_AUTO_TEST_CASE(no_noise_is_no_noise) {
  const GaussianNoise none(0);
  Rng rng(1);
  const auto z = randn(rng, {3, 4, 5});
  BOOST_TEST(torch::equal(none.sample(z, rng), z));
  BOOST_TEST(none.variance(z).item<float>() == 0);
  BOOST_CHECK_THROW(none.gradient(z, z), Error);
  BOOST_CHECK_THROW(none.negative_log_likelihood(z, z), Error);
}

BOOST_AUTO_TEST_CASE(a_negative_level_is_refused) {
  BOOST_CHECK_THROW(GaussianNoise(-0.1), Error);
  BOOST_CHECK_THROW(GaussianNoise(std::nan("")), Error);
  BOOST_TEST(GaussianNoise(0.05).describe() == "0.05");
}

// A picture with a gradient, an edge and texture in one half.
torch::Tensor scene(std::int64_t side) {
  const auto t = torch::arange(side, torch::kFloat32) / static_cast<double>(side);
  const auto rows = t.view({1, 1, side, 1}), columns = t.view({1, 1, 1, side});
  const auto texture = 0.2 * (100 * rows).sin() * (80 * columns).cos() * (columns > 0.5);
  return (0.3 + 0.2 * rows + 0.2 * (columns > 0.5) + texture)
      .expand({1, 3, side, side})
      .contiguous();
}

BOOST_AUTO_TEST_CASE(the_estimate_is_unbiased_on_pure_noise) {
  Rng rng(2);
  const double sigma = 0.1;
  const auto y = 0.5 + sigma * randn(rng, {1, 400, 400});
  // 600 blocks of 64 numbers: a low quantile of them scatters by about 2 %.
  BOOST_TEST(std::abs(patch_covariance_sigma(y) / sigma - 1) < 0.05);
}

BOOST_AUTO_TEST_CASE(the_estimate_does_not_mistake_texture_for_noise) {
  Rng rng(3);
  for (const double sigma : {5.0 / 255, 25.0 / 255}) {
    const auto x = scene(256);
    BOOST_TEST(std::abs(patch_covariance_sigma(x + sigma * randn_like(rng, x)) / sigma - 1) < 0.1);
  }
}

BOOST_AUTO_TEST_CASE(clipped_areas_do_not_hide_the_noise) {
  Rng rng(4);
  auto x = scene(256);
  x.narrow(2, 0, 128).fill_(1.2);  // burnt out
  const auto y = (x + 0.05 * randn_like(rng, x)).clamp(0, 1);
  BOOST_TEST(std::abs(patch_covariance_sigma(y) / 0.05 - 1) < 0.1);
}

BOOST_AUTO_TEST_CASE(every_estimator_finds_white_noise) {
  Rng rng(10);
  const auto x = scene(256);
  const auto y = x + 0.08 * randn_like(rng, x);
  for (const auto& row : estimator_table()) {
    BOOST_TEST_CONTEXT(row.name) {
      BOOST_TEST(std::abs(row.estimate(y, 1, 0)->sigma() / 0.08 - 1) < 0.1);
      // In a float file that is three times as bright; and never less than it is told.
      BOOST_TEST(std::abs(row.estimate(3 * y, 3, 0)->sigma() / 0.24 - 1) < 0.1);
      BOOST_TEST(row.estimate(x, 1, 0.2)->sigma() >= 0.2);
    }
  }
  BOOST_CHECK_THROW(find_estimator("loudness"), Error);
}

BOOST_AUTO_TEST_CASE(gain_and_read_noise_are_found) {
  Rng rng(11);
  for (const auto& [gain, read] : {std::pair{0.01, 0.02}, std::pair{0.002, 0.02}}) {
    const auto noise = make_noise(fmt::format("poisson-gaussian({}, {})", gain, read));
    // The greys of a photograph, dark to bright.
    const auto x = (scene(256) * torch::linspace(0.1, 1.4, 256).view({1, 1, 256, 1})).contiguous();
    const auto fit = fit_gain(noise->sample(x, rng));
    BOOST_TEST(std::abs(fit.gain / gain - 1) < 0.15);
    BOOST_TEST(std::abs(fit.read / read - 1) < 0.25);
    const double sigma = std::sqrt(fit.gain / 2 + fit.read * fit.read);
    BOOST_TEST(std::abs(sigma / noise->sigma() - 1) < 0.05);
  }
}

BOOST_AUTO_TEST_CASE(a_line_is_fitted_through_its_points) {
  const auto grey = torch::linspace(0.1, 0.9, 9, torch::kFloat64);
  const auto fit = fit_line(grey, 0.02 * grey + 0.0009);
  BOOST_TEST(fit.gain == 0.02, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(fit.read == 0.03, boost::test_tools::tolerance(1e-9));
  // No line is negative anywhere.
  BOOST_TEST(fit_line(grey, 0.02 * grey - 0.001).read == 0);
  BOOST_TEST(fit_line(grey, 0.02 - 0.01 * grey).gain == 0);
  auto textured = (0.02 * grey + 0.0009).clone();
  textured[4] *= 5;
  BOOST_TEST(fit_line(grey, textured).gain == 0.02, boost::test_tools::tolerance(0.1));
}

BOOST_AUTO_TEST_CASE(small_and_constant_pictures) {
  BOOST_TEST(patch_covariance_sigma(torch::full({1, 1, 40, 40}, 0.5)) < 1e-6);
  for (const auto& row : estimator_table())
    BOOST_CHECK_THROW(row.estimate(torch::zeros({1, 1, 23, 100}), 1, 0), Error);
  Rng rng(5);
  // One block of 64 numbers: its energy scatters by sqrt(2 / 64), the level by half of that; 4 of
  // them.
  BOOST_TEST(std::abs(patch_covariance_sigma(0.5 + 0.1 * randn(rng, {1, 24, 24})) / 0.1 - 1) <
             4 * std::sqrt(2.0 / 64) / 2);
}

}  // namespace
}  // namespace restore
