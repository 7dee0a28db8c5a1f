// A texture's continuation: matches against brute force, and what the picture owes its exemplar.
#include "priors/patch/texture/texture.h"

#include <cmath>

#include <boost/test/unit_test.hpp>
#include <torch/torch.h>

#include "librestore/core/error.h"
#include "librestore/core/parallel.h"
#include "librestore/model/random.h"
#include "priors/patch/texture/window_search.h"

namespace restore {
namespace {

constexpr int kSide = WindowSearch::kSide;

// Six plane waves: their windows, however shifted, span 12 dimensions and the mean, so that 32
// components hold all of them.
torch::Tensor waves(std::int64_t channels, std::int64_t height, std::int64_t width, double phase) {
  const auto y = torch::arange(height, torch::kFloat64).unsqueeze(1);
  const auto x = torch::arange(width, torch::kFloat64).unsqueeze(0);
  auto picture = torch::full({1, channels, height, width}, 0.5, torch::kFloat64);
  for (int i = 1; i <= 6; ++i)
    for (std::int64_t c = 0; c < channels; ++c)
      picture[0][c] += 0.07 * torch::cos((0.31 * i) * y + (1.7 - 0.23 * i) * x + phase * i +
                                         static_cast<double>(c));
  return picture.to(torch::kFloat32);
}

// n x values, float64
torch::Tensor rows_of(const torch::Tensor& picture, const std::vector<WindowPlace>& windows) {
  std::vector<torch::Tensor> rows;
  for (const auto& [y, x] : windows)
    rows.push_back(picture[0].slice(1, y, y + kSide).slice(2, x, x + kSide).flatten());
  return torch::stack(rows).to(torch::kFloat64);
}

// ||q - k||^2
torch::Tensor distances(const torch::Tensor& queries, const torch::Tensor& keys) {
  return (queries.unsqueeze(1) - keys.unsqueeze(0)).square().sum(2);
}

// No match may be worse than the best one by more than rounding: float32 products of norms
// about 10.
BOOST_AUTO_TEST_CASE(matches_are_the_least_of_all_pairs) {
  for (const std::int64_t channels : {1, 3}) {
    const auto exemplar = waves(channels, 23, 26, 0), picture = waves(channels, 20, 17, 0.4);
    const auto keys = windows_of(23, 26, 1), queries = windows_of(20, 17, 2);
    const double alpha = 0.02;
    const auto found = WindowSearch(exemplar).matches(picture, queries, alpha);
    const auto d = distances(rows_of(picture, queries), rows_of(exemplar, keys));
    const auto normalised = d / (alpha + d.amin(0, true));
    const auto least = normalised.amin(1);
    BOOST_TEST_REQUIRE(found.size() == queries.size());
    for (std::size_t q = 0; q < queries.size(); ++q) {
      const auto key = std::find(keys.begin(), keys.end(), found[q]) - keys.begin();
      const auto at = static_cast<std::int64_t>(q);
      BOOST_TEST(normalised[at][key].item<double>() <= least[at].item<double>() + 1e-3);
    }
  }
}

BOOST_AUTO_TEST_CASE(windows_reach_the_last_row_and_column) {
  const auto windows = windows_of(10, 7, 2);
  const std::vector<WindowPlace> expected = {{0, 0}, {2, 0}, {3, 0}};
  BOOST_TEST((windows == expected));
}

// Bricks of two sizes in a running bond: layout matters, and no two are alike.
torch::Tensor bricks(std::int64_t height, std::int64_t width) {
  Rng rng(3);
  auto picture = rand(rng, {3, height, width}) * 0.1 + 0.4;
  for (std::int64_t y = 0; y < height; y += 8) {
    picture.slice(2, y, y + 2) -= 0.3;
    for (std::int64_t x = (y / 8 % 2) * 8; x < width; x += 16)
      picture.slice(2, y, y + 8).slice(3, x, x + 2) -= 0.2;
  }
  return picture.clamp(0, 1);
}

torch::Tensor synthesised(const torch::Tensor& exemplar, std::uint64_t seed, int threads = 2) {
  torch::Tensor result;
  with_threads(threads, [&] {
    Rng rng(seed);
    result = synthesise_texture(exemplar, 48, 56, rng, nullptr).estimate;
  });
  return result;
}

// Mean over windows of the squared distance to the exemplar's nearest window.
double strangeness(const torch::Tensor& picture, const torch::Tensor& exemplar) {
  const auto keys =
      rows_of(exemplar, windows_of(exemplar.size(2), exemplar.size(3), 1)).to(torch::kFloat32);
  const auto queries =
      rows_of(picture, windows_of(picture.size(2), picture.size(3), 3)).to(torch::kFloat32);
  return torch::cdist(queries, keys).amin(1).square().mean().item<double>();
}

BOOST_AUTO_TEST_CASE(a_texture_is_made_of_its_exemplar_and_is_no_copy) {
  const auto exemplar = bricks(48, 56), picture = synthesised(exemplar, 0);
  BOOST_TEST(picture.sizes() == exemplar.sizes());
  // The histogram is the exemplar's, value by value where the sizes agree.
  for (int c = 0; c < 3; ++c)
    BOOST_TEST(std::get<0>(picture[0][c].flatten().sort())
                   .equal(std::get<0>(exemplar[0][c].flatten().sort())));
  // The same pixels in any order are further from the exemplar's windows by far.
  Rng rng(1);
  const auto order = std::get<1>(rand(rng, {1, 48, 56}).flatten().sort());
  const auto shuffled = exemplar.flatten(2).index_select(2, order).view(exemplar.sizes());
  const double made = strangeness(picture, exemplar), chance = strangeness(shuffled, exemplar);
  BOOST_TEST_MESSAGE("distance to the exemplar's windows " << made << ", of shuffled pixels "
                                                           << chance);
  BOOST_TEST(made < chance / 5);
  BOOST_TEST((picture - exemplar).abs().mean().item<double>() > 0.03, "a copy");
}

BOOST_AUTO_TEST_CASE(a_texture_is_that_of_its_seed_whatever_the_threads) {
  const auto exemplar = bricks(40, 40);
  const auto picture = synthesised(exemplar, 0, 1);
  BOOST_TEST(picture.equal(synthesised(exemplar, 0, 2)));
  BOOST_TEST(!picture.equal(synthesised(exemplar, 1)));
}

BOOST_AUTO_TEST_CASE(sizes_that_cannot_be_continued_are_refused) {
  Rng rng(0);
  for (const auto& [height, width] : {std::pair{15, 40}, {40, 513}})
    BOOST_CHECK_THROW(synthesise_texture(torch::rand({1, 3, height, width}), 32, 32, rng, nullptr),
                      Error);
  // Smaller than a window of the coarsest scale: cut from more.
  const auto tiny = synthesise_texture(bricks(48, 48), 3, 5, rng, nullptr).estimate;
  BOOST_TEST(tiny.sizes() == (torch::IntArrayRef{1, 3, 3, 5}));
}

}  // namespace
}  // namespace restore
