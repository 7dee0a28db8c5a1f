// A network prior obeys the denoiser's laws with any weights; the pullback is that of its value.
#include <boost/test/unit_test.hpp>
#include <torch/types.h>

#include "librestore/core/error.h"
#include "librestore/model/random.h"
#include "librestore/tile/tiled_denoiser.h"
#include "priors/neural/denoiser.h"
#include "tests/support/comparison.h"
#include "tests/support/denoiser_laws.h"
#include "tests/support/temporary_folder.h"

using namespace restore;

namespace {

PriorFile random_prior() {
  PriorFile prior;
  prior.network = {.width = 16, .encoder = {1}, .middle = 1, .decoder = {1}, .embedding = 8};
  prior.sigma = {0.002, 50};
  Rng rng(11);
  prior.weights = initial_weights(prior.network, rng);
  for (auto& [name, tensor] : prior.weights)
    tensor.add_(0.05 * randn(rng, {1, 1, tensor.numel()}).view(tensor.sizes()));
  return prior;
}

const NetworkDenoiser& prior() {
  static const NetworkDenoiser denoiser(random_prior(), "random");
  return denoiser;
}

double product(const torch::Tensor& a, const torch::Tensor& b) {
  return (a * b).sum().item<double>();
}

}  // namespace

BOOST_AUTO_TEST_CASE(D1_D2_D3_and_batches) {
  testing::check_shape_and_type(prior());
  testing::check_identity_without_noise(prior());
  testing::check_receptive_field(prior());
  testing::check_batch(prior());
}

// M1 in float64: <v, (D(x + h d) - D(x - h d)) / 2h> = <J^T v, d>. With h = 1e-5 the difference has
// a truncation error of order h^2 and a rounding error of order 1e-16 / h.
BOOST_AUTO_TEST_CASE(M1_the_pullback_is_that_of_the_value) {
  Rng rng(4);
  for (const int channels : {1, 3})
    for (const double sigma : {0.01, 0.2, 3.0}) {
      const Shape shape{channels, 11, 14};
      const auto x = randn(rng, shape, 1, torch::kFloat64), v = randn_like(rng, x),
                 d = randn_like(rng, x);
      const auto linear = prior().linearize(x, sigma);
      BOOST_TEST(torch::equal(linear.value, prior().denoise(x, sigma)));
      const double h = 1e-5;
      const auto slope =
          (prior().denoise(x + h * d, sigma) - prior().denoise(x - h * d, sigma)) / (2 * h);
      BOOST_TEST(product(linear.vjp(v), d) == product(v, slope),
                 boost::test_tools::tolerance(1e-6));
      // It may be called again.
      BOOST_TEST(torch::equal(linear.vjp(v), linear.vjp(v)));
    }
}

BOOST_AUTO_TEST_CASE(D_tends_to_the_identity) {
  Rng rng(5);
  const auto x = randn(rng, {3, 16, 16}, 1, torch::kFloat64);
  for (const double sigma : {1e-3, 1e-5, 1e-9})
    // |D - x| <= sigma (|F| + |x| / sigma_data), and F is of order 1.
    BOOST_TEST(testing::largest_difference(prior().denoise(x, sigma), x) < 100 * sigma);
}

// D = 1/2 + c_skip (x - 1/2) + c_out F(c_in (x - 1/2), c_noise), and beyond the range the network
// is told its end, which it has seen; everything else knows the true level.
BOOST_AUTO_TEST_CASE(beyond_its_range_the_network_is_told_the_last_level) {
  auto file = random_prior();
  file.sigma = {0.05, 0.4};
  const NetworkDenoiser narrow(file, "narrow");
  const auto weights = cast_weights(file.network, file.weights, torch::kFloat64, torch::kFloat64);
  Rng rng(7);
  const auto x = randn(rng, {3, 16, 16}, 1, torch::kFloat64);
  for (const auto& [sigma, told] : {std::pair{0.01, 0.05}, {0.2, 0.2}, {3.0, 0.4}}) {
    const double total = sigma * sigma + 0.0625;
    const auto f = network_forward(file.network, weights, (x - 0.5) / std::sqrt(total),
                                   torch::full({1}, std::log(told) / 4, torch::kFloat64));
    const auto D = 0.5 + 0.0625 / total * (x - 0.5) + sigma * 0.25 / std::sqrt(total) * f;
    BOOST_TEST(testing::largest_difference(narrow.denoise(x, sigma), D) < 1e-12);
  }
}

BOOST_AUTO_TEST_CASE(a_grey_picture_is_three_equal_channels) {
  Rng rng(6);
  const auto grey = randn(rng, {1, 20, 12});
  const auto colour = prior().denoise(grey.expand({1, 3, 20, 12}), 0.1).mean(1, true);
  BOOST_TEST(testing::largest_difference(prior().denoise(grey, 0.1), colour) < 1e-6);
}

// Tiles equal the whole to float32 rounding: convolutions of other sizes may sum in another order.
BOOST_AUTO_TEST_CASE(tiles_are_the_whole) {
  const auto shared = std::make_shared<NetworkDenoiser>(random_prior(), "random");
  Rng rng(8);
  const auto x = randn(rng, {3, 150, 131});
  const auto whole = shared->denoise(x, 0.1);
  for (const int core : {16, 50, 96})
    BOOST_TEST(testing::largest_difference(TiledDenoiser(shared, core).denoise(x, 0.1), whole) <
               1e-5);
}

BOOST_AUTO_TEST_CASE(the_pullback_of_tiles_is_that_of_the_whole) {
  const auto shared = std::make_shared<NetworkDenoiser>(random_prior(), "random");
  const TiledMmseDenoiser parts(shared, 50);
  Rng rng(8);
  const auto x = randn(rng, {3, 150, 131}), v = randn(rng, {3, 150, 131});
  const auto whole = shared->linearize(x, 0.1), tiles = parts.linearize(x, 0.1);
  BOOST_TEST(testing::largest_difference(tiles.value, whole.value) < 1e-5);
  // A tile's pullback reaches into its halo, where those of its neighbours add up to the whole's.
  BOOST_TEST(testing::relative_difference(tiles.vjp(v), whole.vjp(v)) < 1e-5);
}

BOOST_AUTO_TEST_CASE(bfloat16_is_close_to_float32) {
  const NetworkDenoiser half(random_prior(), "random", Precision::bfloat16);
  Rng rng(9);
  const auto x = randn(rng, {3, 40, 40});
  // A dozen roundings of 2^-9 each.
  BOOST_TEST(testing::relative_difference(half.denoise(x, 0.2), prior().denoise(x, 0.2)) < 0.02);
}

BOOST_AUTO_TEST_CASE(other_shapes_and_levels_are_refused) {
  BOOST_CHECK_THROW(prior().denoise(torch::zeros({1, 2, 8, 8}), 0.1), Error);
  BOOST_CHECK_THROW(prior().denoise(torch::zeros({3, 8, 8}), 0.1), Error);
  BOOST_CHECK_THROW(prior().denoise(torch::zeros({1, 3, 8, 8}), -0.1), Error);
}

BOOST_AUTO_TEST_CASE(a_prior_survives_its_file_and_damage_is_noticed) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "p.safetensors";
  auto file = random_prior();
  file.about["licence"] = "CC0";
  write_prior(file, path, torch::kFloat32);
  const auto back = read_prior(path);
  BOOST_TEST((back.network == file.network));
  BOOST_TEST(back.about["licence"] == "CC0");
  BOOST_TEST(back.sigma.maximum == 50);
  const auto loaded = load_network_prior(path);
  Rng rng(10);
  const auto x = randn(rng, {3, 9, 17});
  BOOST_TEST(torch::equal(loaded->denoise(x, 0.3), prior().denoise(x, 0.3)));

  const auto refused = [&](const TensorFile& changed, const std::string& part) {
    write_safetensors(changed, path);
    BOOST_CHECK_EXCEPTION(read_prior(path), Error, [&](const Error& error) {
      return std::string(error.what()).find(part) != std::string::npos;
    });
  };
  const auto good = read_safetensors(path);
  auto changed = good;
  changed.tensors["stem.bias"] = good.tensors.at("stem.bias") + 1e-3f;
  refused(changed, "SHA-256");
  changed = good;
  changed.tensors.erase("stem.bias");
  refused(changed, "'stem.bias' is missing");
  changed = good;
  changed.metadata.clear();
  refused(changed, "card");
  changed.metadata["restore.prior"] = "{";
  refused(changed, "card");
  // A tensor of NaNs with the right hash.
  file.weights["stem.bias"].fill_(std::nanf(""));
  changed = {file.weights, {{"restore.prior", prior_card(file).dump()}}};
  refused(changed, "NaN");
  BOOST_CHECK_THROW(write_prior(file, path, torch::kFloat32), Error);
}
