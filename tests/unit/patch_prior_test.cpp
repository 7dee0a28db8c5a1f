// Priors made of pictures: the empirical distribution, and the local score machine of its patches.
#include "priors/patch/patch_prior.h"

#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/image/image_io.h"
#include "librestore/model/random.h"
#include "priors/patch/empirical.h"
#include "priors/patch/local_patches.h"
#include "priors/patch/local_score.h"
#include "priors/patch/picture_folder.h"
#include "tests/support/comparison.h"
#include "tests/support/denoiser_laws.h"
#include "tests/support/temporary_folder.h"

namespace restore {
namespace {

using testing::largest_difference;
using testing::relative_difference;

torch::Tensor pictures(std::int64_t n, const Shape& shape, std::uint64_t seed = 1) {
  Rng rng(seed);
  return rand(rng, shape, n, torch::kFloat64);
}

// One picture after the other, one weight after the other.
torch::Tensor brute_force_mmse(const torch::Tensor& set, const torch::Tensor& x, double sigma) {
  auto sum = torch::zeros_like(x);
  double total = 0, smallest = 1e300;
  for (std::int64_t i = 0; i < set.size(0); ++i)
    smallest = std::min(smallest, (x[0] - set[i]).square().sum().item<double>());
  for (std::int64_t i = 0; i < set.size(0); ++i) {
    const double distance = (x[0] - set[i]).square().sum().item<double>();
    const double weight = std::exp((smallest - distance) / (2 * sigma * sigma));
    sum += weight * set[i];
    total += weight;
  }
  return sum / total;
}

BOOST_AUTO_TEST_CASE(the_empirical_denoiser_equals_brute_force) {
  const auto set = pictures(150, {2, 5, 4});  // more than two blocks
  const Empirical prior(set);
  const auto x = pictures(3, {2, 5, 4}, 7);
  for (const double sigma : {1e-4, 0.1, 0.5, 3.0, 100.0}) {
    const auto D = prior.denoise(x, sigma);
    for (std::int64_t n = 0; n < 3; ++n) {
      const auto item = x.slice(0, n, n + 1);
      BOOST_TEST(relative_difference(D.slice(0, n, n + 1), brute_force_mmse(set, item, sigma)) <
                 1e-12);
    }
  }
  BOOST_TEST(torch::equal(prior.denoise(x, 0), x));
  // All weights are equal in the limit of noise: 1 / sigma^2 is left of the exponents.
  BOOST_TEST(largest_difference(prior.denoise(x, 1e6).slice(0, 0, 1), set.mean(0, true)) < 1e-10);
}

BOOST_AUTO_TEST_CASE(the_empirical_jacobian_is_the_derivative_and_symmetric) {
  const Empirical prior(pictures(20, {1, 4, 3}));
  const auto x = pictures(2, {1, 4, 3}, 5), v = pictures(2, {1, 4, 3}, 6) - 0.5;
  const auto u = pictures(2, {1, 4, 3}, 8) - 0.5;
  const double sigma = 0.6, h = 1e-5;
  const auto linearization = prior.linearize(x, sigma);
  BOOST_TEST(torch::equal(linearization.value, prior.denoise(x, sigma)));
  const auto directional =
      (prior.denoise(x + h * u, sigma) - prior.denoise(x - h * u, sigma)) / (2 * h);
  // Central differences: h^2 of the third derivative, and rounding / h.
  const double forward = (directional * v).sum().item<double>();
  BOOST_TEST(forward == (linearization.vjp(v) * u).sum().item<double>(),
             boost::test_tools::tolerance(1e-7));
  BOOST_TEST(forward == (linearization.vjp(u) * v).sum().item<double>(),
             boost::test_tools::tolerance(1e-7));
}

BOOST_AUTO_TEST_CASE(the_empirical_prior_returns_its_own_pictures_whatever_the_noise) {
  const auto set = pictures(12, {3, 6, 6});
  const Empirical prior(set);
  // A picture that is not in the set, denoised on a falling schedule, ends on one that is.
  Rng rng(3);
  for (int trial = 0; trial < 10; ++trial) {
    auto x = 2 * randn(rng, {3, 6, 6}, 1, torch::kFloat64);
    for (double sigma = 2; sigma > 1e-3; sigma *= 0.8) {
      const auto D = prior.denoise(x, sigma);
      x = D + 0.8 * (x - D);  // the probability flow's Euler step to 0.8 sigma
    }
    const auto distances = (set - prior.denoise(x, 1e-3)).square().flatten(1).sum(1);
    BOOST_TEST(distances.min().item<double>() < 1e-20);
  }
}

BOOST_AUTO_TEST_CASE(pictures_of_another_size_are_refused) {
  const Empirical prior(pictures(2, {1, 4, 4}), "dataset:faces");
  BOOST_CHECK_EXCEPTION(prior.denoise(pictures(1, {1, 4, 5}), 0.1), Error, [](const Error& error) {
    return error.code() == ExitCode::usage &&
           std::string(error.what()).find("dataset:faces") != std::string::npos;
  });
}

// The window of pixel (row, column), pixel by pixel, over what the frame leaves of it.
torch::Tensor brute_force_local(const torch::Tensor& x, double sigma, const torch::Tensor& patches,
                                std::int64_t row, std::int64_t column) {
  const auto K = patches.size(0), half = patches.size(2) / 2;
  auto distance = torch::zeros({K}, x.options());
  for (std::int64_t dy = -half; dy <= half; ++dy) {
    for (std::int64_t dx = -half; dx <= half; ++dx) {
      const auto y = row + dy, z = column + dx;
      if (y < 0 || z < 0 || y >= x.size(2) || z >= x.size(3)) continue;
      const auto here = x[0].select(1, y).select(1, z);
      const auto there = patches.select(2, half + dy).select(2, half + dx);
      distance += (there - here).square().sum(1);
    }
  }
  const auto w = torch::softmax(-distance / (2 * sigma * sigma), 0);
  return torch::mv(patches.select(2, half).select(2, half).t(), w);
}

BOOST_AUTO_TEST_CASE(the_local_score_machine_equals_brute_force) {
  const auto source = pictures(1, {2, 30, 31}, 2), x = pictures(1, {2, 6, 7}, 3);
  for (const int p : {1, 3, 5}) {
    const auto patches = patches_of(source, {}, p);  // more than one block of them
    BOOST_TEST(patches.size(0) == (31 - p) * (32 - p));
    for (const double sigma : {0.01, 0.3, 2.0}) {
      const auto D = local_mmse(x, sigma, patches);
      const auto single = local_mmse(x.to(torch::kFloat32), sigma, patches.to(torch::kFloat32));
      for (std::int64_t row = 0; row < 6; ++row)
        for (std::int64_t column = 0; column < 7; ++column)
          BOOST_TEST(largest_difference(D[0].select(1, row).select(1, column),
                                        brute_force_local(x, sigma, patches, row, column)) < 1e-9);
      // Exponents up to p^2 C / sigma^2 carry that many roundings of float32: none to speak of
      // here.
      if (sigma >= 0.3) BOOST_TEST(largest_difference(single, D) < 1e-4);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_machine_in_place_equals_brute_force) {
  const auto set = pictures(5, {2, 6, 7}), x = pictures(1, {2, 6, 7}, 3);
  for (const int p : {1, 3, 5}) {
    for (const double sigma : {0.01, 0.3, 2.0}) {
      const auto D = local_mmse_in_place(x, sigma, set, p);
      for (std::int64_t row = 0; row < 6; ++row)
        for (std::int64_t column = 0; column < 7; ++column) {
          // The windows at this place: what the frame cuts off is the same in all, and cancels.
          std::vector<torch::Tensor> windows;
          for (std::int64_t i = 0; i < 5; ++i)
            windows.push_back(torch::constant_pad_nd(set[i], {2, 2, 2, 2})
                                  .narrow(1, row + 2 - p / 2, p)
                                  .narrow(2, column + 2 - p / 2, p));
          BOOST_TEST(largest_difference(
                         D[0].select(1, row).select(1, column),
                         brute_force_local(x, sigma, torch::stack(windows), row, column)) < 1e-12);
        }
    }
  }
  // A window as large as the picture is the whole picture: the exact denoiser.
  BOOST_TEST(largest_difference(local_mmse_in_place(x, 0.3, set, 15),
                                Empirical(set).denoise(x, 0.3)) < 1e-12);
  const LocalPatches prior(set, "local:faces");
  BOOST_TEST(torch::equal(prior.denoise(x, 0.1),
                          local_mmse_in_place(x, 0.1, set, PatchPrior::window(0.1))));
  BOOST_CHECK_THROW(prior.denoise(pictures(1, {2, 6, 8}), 0.1), Error);
}

// A photograph at half its size, 1 x 3 x 180 x 240.
torch::Tensor photograph(const std::string& name) {
  const auto image = load_image(RESTORE_SOURCE_DIR "/data/samples/" + name);
  return at::avg_pool2d(image.colour, {2, 2});
}

BOOST_AUTO_TEST_CASE(the_index_is_near_the_exact_machine) {
  const auto source = photograph("otter.jpg");
  const auto clean = photograph("colosseum.jpg").slice(2, 60, 90).slice(3, 100, 140);
  Rng rng(12);
  for (const int p : {3, 5, 7}) {
    const auto patches = patches_of(source, {}, p);
    const PatchIndex index(patches);
    BOOST_TEST(index.cells() > 300);
    const double sigma = p == 3 ? 0.008 : p == 5 ? 0.025 : 0.1;
    const auto x = clean + sigma * randn_like(rng, clean);
    const auto exact = local_mmse(x, sigma, patches), near = index.mmse(x, sigma);
    const double miss = (near - exact).square().mean().sqrt().item<double>() / sigma;
    const double moved = (exact - x).square().mean().sqrt().item<double>() / sigma;
    BOOST_TEST_MESSAGE(
        fmt::format("p {}, sigma {}: rms of D_index - D is {:.4f} sigma, of D - x "
                    "{:.3f} sigma",
                    p, sigma, miss, moved));
    // docs/plug-and-play.md states it. The otter's patches are far from what the wall's windows
    // would need, which is the hard case: D moves them by several sigma.
    BOOST_TEST(miss < 0.06 * moved);
    BOOST_TEST(moved > 0.5);
  }
}

BOOST_AUTO_TEST_CASE(an_index_of_few_patches_is_exact) {
  const auto source = pictures(1, {2, 12, 13}, 2).to(torch::kFloat32);
  const auto patches = patches_of(source, {}, 5);
  const PatchIndex index(patches.slice(0, 0, 50));  // 14 cells, all of which are looked at
  BOOST_TEST(index.cells() <= PatchIndex::kProbes);
  const auto x = pictures(2, {2, 9, 8}, 3).to(torch::kFloat32);
  for (const double sigma : {0.3, 2.0})
    BOOST_TEST(largest_difference(index.mmse(x, sigma),
                                  local_mmse(x, sigma, patches.slice(0, 0, 50))) < 1e-4);
}

BOOST_AUTO_TEST_CASE(patches_lie_in_the_known_part) {
  const auto source = pictures(1, {1, 9, 9});
  auto known = torch::ones({1, 1, 9, 9}, torch::kFloat64);
  known[0][0][4][4] = 0;
  // 49 positions, of which the 9 around the middle are lost.
  BOOST_TEST(patches_of(source, known, 3).size(0) == 40);
  auto blank = source.clone();
  blank[0][0][4][4] = 1e6;
  BOOST_TEST(torch::equal(patches_of(blank, known, 3), patches_of(source, known, 3)));
  const auto nothing = torch::zeros({1, 1, 9, 9}, torch::kFloat64);
  BOOST_CHECK_THROW(PatchPrior({{source, nothing}}, "self"), Error);
  BOOST_CHECK_THROW(PatchPrior({{pictures(1, {1, 6, 9}), {}}}, "patches"), Error);
}

// At half the size, too, a pixel of which one of four is lost is lost.
BOOST_AUTO_TEST_CASE(reduced_patches_lie_in_the_known_part) {
  const auto source = pictures(1, {1, 32, 32});
  auto known = torch::ones({1, 1, 32, 32}, torch::kFloat64);
  known[0][0][17][17] = 0;
  constexpr double kSigma = 0.3;
  BOOST_TEST_REQUIRE(PatchPrior::reduction(kSigma) == 2);
  BOOST_TEST_REQUIRE(PatchPrior::window(kSigma) == 7);
  const auto patches = PatchPrior({{source, known}}, "self").patches(kSigma, 1);
  // 10 x 10 positions, of which the 7 x 7 around pixel (8, 8) of 16 x 16 are lost.
  BOOST_TEST(patches.size(0) == 51);
  auto blank = source.clone();
  blank[0][0][17][17] = 1e6;
  BOOST_TEST(torch::equal(PatchPrior({{blank, known}}, "self").patches(kSigma, 1), patches));
}

BOOST_AUTO_TEST_CASE(the_window_grows_with_the_noise) {
  int last = 0;
  for (double sigma = 0.004; sigma < 4; sigma *= 1.1) {
    const int reach = PatchPrior::window(sigma) * PatchPrior::reduction(sigma);
    BOOST_TEST(reach >= last);
    last = reach;
  }
  BOOST_TEST(last >= 100);
}

BOOST_AUTO_TEST_CASE(thinning_takes_every_nth_patch) {
  const PatchSource source{pictures(1, {1, 26, 26}), {}};  // 20 x 20 windows of 7
  const PatchPrior all({source}, "all"), some({source}, "some", 150);
  const auto patches = all.patches(0.1, 1);
  BOOST_TEST(patches.size(0) == 400);
  BOOST_TEST(torch::equal(some.patches(0.1, 1), patches.slice(0, 0, 400, 3)));
  // Beyond `exact_patches` the index takes over.
  const PatchPrior indexed({source}, "indexed", 400, 100);
  const auto x = pictures(1, {1, 9, 9}, 4).to(torch::kFloat32);
  BOOST_TEST(torch::equal(indexed.denoise(x, 0.1), PatchIndex(patches).mmse(x, 0.1)));
  BOOST_TEST(torch::equal(all.denoise(x, 0.1), local_mmse(x, 0.1, patches.to(torch::kFloat32))));
}

// The disk before a slope that the laws denoise, and a second picture to choose from.
std::vector<PatchSource> law_sources() {
  const auto t = torch::linspace(-1, 1, 64);
  const auto x = t.view({1, -1}), y = t.view({-1, 1});
  const auto disk = (x.square() + y.square() < 0.4).to(torch::kFloat32);
  const auto red = 0.3 + 0.2 * x + 0.4 * disk, green = 0.5 + 0.2 * y - 0.3 * disk + 0 * x;
  const auto picture = torch::stack({red, green, 0.6 - 0.1 * x * y}).unsqueeze(0);
  Rng rng(9);
  return {{picture, {}}, {rand(rng, {3, 24, 24}), {}}};
}

BOOST_AUTO_TEST_CASE(the_patch_prior_obeys_the_laws) {
  testing::check_denoiser_laws(PatchPrior(law_sources(), "patches"));
}

void save(const torch::Tensor& colour, const std::filesystem::path& path) {
  Image image;
  image.colour = colour.to(torch::kFloat32);
  save_image(image, path);
}

BOOST_AUTO_TEST_CASE(folders_of_pictures_are_read_in_order) {
  const testing::TemporaryFolder folder;
  BOOST_CHECK_THROW(load_pictures(folder.path()), Error);
  BOOST_CHECK_THROW(load_pictures(folder / "none"), Error);
  std::filesystem::create_directory(folder / "more");
  save(torch::full({1, 3, 4, 5}, 0.6), folder / "b.png");
  save(torch::full({1, 1, 4, 5}, 0.2), folder / "a.png");
  save(torch::full({1, 3, 4, 5}, 0.8), folder / "more/c.png");
  const auto pictures = load_equal_pictures(folder.path());
  BOOST_TEST(pictures.sizes() == (std::vector<std::int64_t>{3, 3, 4, 5}));
  for (const auto& [at, value] : {std::pair{0, 0.2}, {1, 0.6}, {2, 0.8}})  // 51 n / 255
    BOOST_TEST(largest_difference(pictures[at], torch::full({3, 4, 5}, value)) < 1e-6);
  save(torch::full({1, 3, 4, 6}, 0.5), folder / "d.png");
  BOOST_TEST(load_pictures(folder.path()).size() == 4u);
  BOOST_CHECK_THROW(load_equal_pictures(folder.path()), Error);
}

BOOST_AUTO_TEST_CASE(a_torn_texture_is_made_whole_by_its_own_patches) {
  // Stripes of period 8 with a hole: alternate the prior with the data on a falling level.
  const auto t = torch::arange(64, torch::kFloat32);
  const auto stripes = (0.5 + 0.4 * ((t.view({1, -1}) + t.view({-1, 1})) * (2 * M_PI / 8)).sin())
                           .view({1, 1, 64, 64});
  auto known = torch::ones({1, 1, 64, 64});
  known.slice(2, 20, 44).slice(3, 20, 44).zero_();
  const PatchPrior self({{stripes * known, known}}, "self");
  auto x = stripes * known + 0.5 * (1 - known);
  for (double sigma = 0.4; sigma > 0.01; sigma *= 0.85)
    x = known * stripes + (1 - known) * self.denoise(x, sigma);
  // 24 pixels across, three periods, filled to within two 8-bit steps.
  BOOST_TEST(largest_difference(x, stripes) < 2.0 / 255);
}

}  // namespace
}  // namespace restore
