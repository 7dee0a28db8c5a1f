// The patch mixture: densities, shrinkage and EM against their definitions, and its file.
#include "priors/patch/mixture/patch_mixture.h"

#include <cmath>
#include <fstream>

#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/image/image_io.h"
#include "librestore/model/random.h"
#include "priors/classic/opponent_colours.h"
#include "priors/patch/mixture/epll.h"
#include "priors/patch/mixture/mixture_file.h"
#include "priors/patch/mixture/mixture_fit.h"
#include "priors/tensor_file/card.h"
#include "tests/support/comparison.h"
#include "tests/support/temporary_folder.h"

namespace restore {
namespace {

using testing::largest_difference;
using testing::relative_difference;

constexpr int kGroup = NoisyMixture::kGroup;

// The projection that takes the mean out of a patch.
torch::Tensor centring() {
  return torch::eye(kPatchValues, torch::kFloat64) -
         torch::full({kPatchValues, kPatchValues}, 1.0 / kPatchValues, torch::kFloat64);
}

// K components whose spectra fall at different rates, in random directions.
PatchMixture random_mixture(std::int64_t K, std::uint64_t seed = 1) {
  Rng rng(seed);
  const auto P = centring();
  std::vector<torch::Tensor> covariances;
  for (std::int64_t k = 0; k < K; ++k) {
    const auto M = randn(rng, {1, kPatchValues, kPatchValues}, 1, torch::kFloat64)[0][0];
    const auto scale =
        torch::exp(-torch::arange(kPatchValues, torch::kFloat64) / static_cast<double>(4 + 6 * k));
    const auto root = P.mm(M) * (0.02 * scale);
    covariances.push_back(root.mm(root.t()));
  }
  const auto weights = rand(rng, {1, 1, K}, 1, torch::kFloat64).flatten() + 0.2;
  return {weights / weights.sum(), torch::stack(covariances)};
}

// n patches of the mixture, n x 64, and their components.
std::pair<torch::Tensor, std::vector<std::int64_t>> draw(const PatchMixture& mixture, int n,
                                                         std::uint64_t seed) {
  Rng rng(seed);
  std::vector<torch::Tensor> roots, patches;
  for (std::int64_t k = 0; k < mixture.size(); ++k) {
    const auto ridge = 1e-12 * torch::eye(kPatchValues, torch::kFloat64);
    roots.push_back(torch::linalg_cholesky(mixture.covariances[k] + ridge));
  }
  std::vector<std::int64_t> components;
  for (int i = 0; i < n; ++i) {
    double u = rng.uniform();
    std::int64_t k = 0;
    while (k + 1 < mixture.size() && u > mixture.weights[k].item<double>())
      u -= mixture.weights[k++].item<double>();
    components.push_back(k);
    patches.push_back(
        torch::mv(roots[k], randn(rng, {1, 1, kPatchValues}, 1, torch::kFloat64).flatten()));
  }
  return {torch::stack(patches), components};
}

// log w_k N(z; 0, C_k + s^2 I) in the 63 dimensions, without the constant of 2 pi.
double log_density(const PatchMixture& mixture, std::int64_t k, double s, const torch::Tensor& z) {
  // The direction of the mean gets variance 1, which adds nothing for a patch without one.
  const auto C = mixture.covariances[k] + s * s * centring() +
                 torch::full({kPatchValues, kPatchValues}, 1.0 / kPatchValues, torch::kFloat64);
  const double log_det = torch::logdet(C).item<double>();
  const auto solved = torch::linalg_solve(C, z.unsqueeze(1)).squeeze(1);
  return std::log(mixture.weights[k].item<double>()) - 0.5 * log_det -
         0.5 * z.dot(solved).item<double>();
}

BOOST_AUTO_TEST_CASE(densities_and_shrinkage_are_those_of_the_definition) {
  const auto mixture = random_mixture(5);
  const auto spectra = spectra_of(mixture);
  auto [patches, components] = draw(mixture, kGroup, 2);
  for (const double s : {0.01, 0.05, 0.3}) {
    Rng rng(3);
    const auto noisy =
        patches +
        s * torch::mm(randn(rng, {1, kGroup, kPatchValues}, 1, torch::kFloat64)[0][0], centring());
    const auto z = noisy.t().contiguous().to(torch::kFloat32);
    const NoisyMixture at(spectra, s);
    std::vector<float> out(5 * kGroup);
    at.log_densities(z.data_ptr<float>(), out.data());
    const auto likeliest = at.likeliest(z.data_ptr<float>(), 4);
    double squares = 0;
    for (int i = 0; i < kGroup; ++i) {
      const auto k = components[i];
      int best = 0;
      for (int other = 1; other < 5; ++other)
        if (out[other * kGroup + i] > out[best * kGroup + i]) best = other;
      BOOST_TEST(likeliest[i] == best);
      const double error = out[k * kGroup + i] - log_density(mixture, k, s, noisy[i]);
      squares += error * error / kGroup;
      auto estimate = noisy[i].to(torch::kFloat32).clone();
      at.shrink(static_cast<int>(k), estimate.data_ptr<float>());
      const auto C = mixture.covariances[k];
      const auto wiener =
          torch::mv(C, torch::linalg_solve(C + s * s * torch::eye(kPatchValues, torch::kFloat64),
                                           noisy[i].unsqueeze(1))
                           .squeeze(1));
      // A gain of the tail is off by sqrt(0.05) at most, of values of s.
      BOOST_TEST((estimate - wiener).norm().item<double>() < std::sqrt(0.05) * s * 8);
    }
    // The header's bound on the standard deviation; 32 patches settle it to an eighth.
    BOOST_TEST(std::sqrt(squares) < 0.16 * 1.4);
    BOOST_TEST(at.mean_rank() < 60);
  }
  // Without noise and without equal eigenvalues nothing is left out.
  BOOST_TEST(NoisyMixture(spectra, 1e-9).mean_rank() >= 60);
}

BOOST_AUTO_TEST_CASE(a_sweep_is_the_mean_of_the_shrunk_patches) {
  const auto mixture = random_mixture(3);
  const NoisyMixture at(spectra_of(mixture), 0.1);
  Rng rng(4);
  const auto x = rand(rng, {1, 21, 45})[0][0];
  const auto estimate = patch_estimate(at, x);
  auto sum = torch::zeros_like(x), count = torch::zeros_like(x);
  for (std::int64_t top = 0; top + kPatchSide <= 21; ++top)
    for (std::int64_t left = 0; left + kPatchSide <= 45; ++left) {
      const auto patch = x.narrow(0, top, kPatchSide).narrow(1, left, kPatchSide);
      auto z = (patch - patch.mean()).flatten().contiguous();
      auto group = torch::zeros({kPatchValues, kGroup});
      group.select(1, 0).copy_(z);
      std::vector<float> out(3 * kGroup);
      at.log_densities(group.data_ptr<float>(), out.data());
      int best = 0;
      for (int k = 1; k < 3; ++k)
        if (out[k * kGroup] > out[best * kGroup]) best = k;
      at.shrink(best, z.data_ptr<float>());
      sum.narrow(0, top, kPatchSide)
          .narrow(1, left, kPatchSide)
          .add_(z.view({kPatchSide, kPatchSide}) + patch.mean());
      count.narrow(0, top, kPatchSide).narrow(1, left, kPatchSide).add_(1);
    }
  BOOST_TEST(largest_difference(estimate, sum / count) < 1e-5);
}

// x = (y + b z) / (1 + b), z of x with the noise sigma / sqrt(b): b = 1, 4, 8, 16, 32. Brightness
// is sqrt(3) times the mean.
BOOST_AUTO_TEST_CASE(epll_is_its_five_sweeps) {
  const auto mixture = random_mixture(3);
  const auto spectra = spectra_of(mixture);
  constexpr double kSigma = 0.1;
  const auto plane = [&](const torch::Tensor& y, double sigma) {
    auto x = y;
    for (const double b : {1, 4, 8, 16, 32})
      x = (y + b * patch_estimate(NoisyMixture(spectra, sigma / std::sqrt(b)), x)) / (1 + b);
    return x;
  };
  Rng rng(9);
  const Epll epll(mixture, "epll");
  const auto grey = rand(rng, {1, 15, 22});
  BOOST_TEST(largest_difference(epll.denoise(grey, kSigma)[0][0], plane(grey[0][0], kSigma)) <
             1e-6);
  const auto colour = rand(rng, {3, 15, 22});
  auto planes = to_opponent(colour);
  const double r = std::sqrt(3.0);
  planes[0][0].copy_(r * plane(planes[0][0] / r, kSigma / r));
  for (int c = 1; c < 3; ++c) planes[0][c].copy_(plane(planes[0][c], kSigma));
  BOOST_TEST(largest_difference(epll.denoise(colour, kSigma), from_opponent(planes)) < 1e-5);
}

BOOST_AUTO_TEST_CASE(em_finds_the_mixture_that_drew_the_patches) {
  const auto truth = random_mixture(3);
  auto [patches, components] = draw(truth, 16000, 5);
  // Where components begin: a few patches of one, as around one place of a photograph.
  std::vector<torch::Tensor> starts;
  for (std::int64_t k = 0; k < 3; ++k) {
    std::vector<torch::Tensor> some;
    for (std::size_t i = 0; some.size() < 200; ++i)
      if (components[i] == k) some.push_back(patches[static_cast<std::int64_t>(i)]);
    const auto z = torch::stack(some);
    starts.push_back(z.t().mm(z) / 200);
  }
  const PatchSample sample{patches.to(torch::kFloat32), torch::stack(starts), 1};
  std::vector<double> densities;
  const auto found = fit_mixture(sample, {.components = 3, .iterations = 12},
                                 [&](int, double value) { densities.push_back(value); });
  // The likelihood of the same patches never falls: the last quarter uses all of them. In float32.
  for (std::size_t i = 10; i < densities.size(); ++i)
    BOOST_TEST(densities[i] >= densities[i - 1] - 1e-6);
  // About 5000 patches a component: 1 / sqrt(5000) = 1.4 % of an entry, some 60 entries in a row.
  for (std::int64_t k = 0; k < 3; ++k) {
    BOOST_TEST(relative_difference(found.covariances[k], truth.covariances[k]) < 0.08);
    BOOST_TEST(std::abs(found.weights[k].item<double>() - truth.weights[k].item<double>()) < 0.02);
  }
}

BOOST_AUTO_TEST_CASE(patches_come_from_photographs) {
  const testing::TemporaryFolder folder;
  for (const char* name : {"a.png", "b.png"}) {
    Rng rng(name[0]);
    Image image;
    image.colour = rand(rng, {3, 50, 60});
    save_image(image, folder / name);
  }
  const auto sample = sample_patches(folder.path(), {.components = 5, .patches = 1001});
  BOOST_TEST(sample.patches.sizes() == (std::vector<std::int64_t>{1001, kPatchValues}));
  BOOST_TEST(sample.patches.mean(1).abs().max().item<double>() < 1e-6);
  BOOST_TEST(sample.starts.size(0) == 5);
  BOOST_TEST(sample.pictures == 2);
  const auto again = sample_patches(folder.path(), {.components = 5, .patches = 1001});
  BOOST_TEST(torch::equal(sample.patches, again.patches));
}

bool is_item_error(const Error& error) { return error.code() == ExitCode::some_failed; }

BOOST_AUTO_TEST_CASE(a_file_holds_the_mixture_and_knows_when_it_is_damaged) {
  const testing::TemporaryFolder folder;
  const auto path = folder / "m.safetensors";
  const auto mixture = random_mixture(4);
  write_mixture({mixture, {{"photographs", 7}}}, path);
  const auto file = read_mixture(path);
  BOOST_TEST(is_mixture(path));
  BOOST_TEST(file.about["photographs"] == 7);
  BOOST_TEST(relative_difference(file.mixture.covariances, mixture.covariances) < 1e-6);
  BOOST_TEST(relative_difference(file.mixture.weights, mixture.weights) < 1e-6);
  BOOST_TEST(mixture_card(file)["components"] == 4);
  // What is about it says nothing else of what it is.
  const Json wrong{{"kind", "x"}, {"components", 5}, {"patch_side", 1}, {"sha256", 2}};
  write_mixture({mixture, wrong}, path);
  const auto facts = mixture_card({mixture, {}});
  BOOST_TEST(mixture_card(read_mixture(path)) == facts);
  for (const auto& [key, value] : facts.items()) BOOST_TEST(is_card_fact(key), key);
  std::fstream stream(path, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(-3, std::ios::end);
  stream.put('\x11');
  stream.close();
  BOOST_CHECK_EXCEPTION(read_mixture(path), Error, is_item_error);
  auto skewed = mixture;
  skewed.covariances = mixture.covariances.clone();
  skewed.covariances[1][3][4] += 1;
  BOOST_CHECK_EXCEPTION(write_mixture({skewed, {}}, path), Error, is_item_error);
}

}  // namespace
}  // namespace restore
