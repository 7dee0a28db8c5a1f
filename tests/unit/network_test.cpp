// The network: what the config promises (receptive field, cost, sizes), and the fused operations,
// those of other people's networks too, against libtorch's own.
#include "priors/neural/network.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <boost/test/unit_test.hpp>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/grad_mode.h>
#include <torch/types.h>

#include "librestore/core/error.h"
#include "librestore/model/random.h"
#include "priors/neural/fused_ops.h"
#include "priors/neural/layers/attention.h"
#include "priors/neural/layers/convolution.h"
#include "priors/neural/layers/group_norm.h"
#include "priors/neural/layers/packed_pointwise.h"
#include "tests/support/comparison.h"

using namespace restore;

namespace {

const NetworkConfig kTiny{
    .width = 16, .encoder = {1, 1}, .middle = 1, .decoder = {1, 1}, .embedding = 8};

NetworkConfig tiny(const BlockConfig& block) {
  auto config = kTiny;
  config.block = block;
  return config;
}
const std::array kEveryBlock = {
    BlockConfig{BlockKind::gated, true}, BlockConfig{BlockKind::gated, false},
    BlockConfig{BlockKind::residual, true}, BlockConfig{BlockKind::residual, false}};

// Random in every tensor: a fresh network is zero at its head and would pass any comparison.
NamedTensors random_weights(const NetworkConfig& config) {
  Rng rng(7);
  auto weights = initial_weights(config, rng);
  for (auto& [name, tensor] : weights)
    tensor.add_(0.1 * randn(rng, {1, 1, tensor.numel()}).view(tensor.sizes()));
  return weights;
}

torch::Tensor leaf(const torch::Tensor& x, torch::ScalarType type) {
  return x.detach().to(type).set_requires_grad(true);
}

using Operation = std::function<torch::Tensor(const std::vector<torch::Tensor>&)>;

// Value and every gradient of `fused` (in `type`) against `reference` in float64.
void check_against(const Operation& fused, const Operation& reference,
                   const std::vector<torch::Tensor>& arguments,
                   const std::vector<torch::ScalarType>& types, torch::ScalarType result_type,
                   double tolerance) {
  std::vector<torch::Tensor> a, b;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    a.push_back(leaf(arguments[i], types[i]));
    b.push_back(leaf(a.back(), torch::kFloat64));
  }
  const auto y = fused(a), expected = reference(b);
  BOOST_TEST((y.scalar_type() == result_type));
  BOOST_TEST(testing::relative_difference(y, expected) < tolerance);
  {
    // Without gradients, when some write over what they are given.
    const torch::NoGradGuard no_grad;
    std::vector<torch::Tensor> given;
    for (const auto& argument : a)
      given.push_back(argument.clone(argument.dim() == 4 ? at::MemoryFormat::ChannelsLast
                                                         : at::MemoryFormat::Contiguous));
    BOOST_TEST(torch::equal(fused(given), y));
  }
  Rng rng(3);
  const auto v = randn_like(rng, expected).to(result_type);
  const auto gradients = torch::autograd::grad({y}, a, {v});
  const auto wanted = torch::autograd::grad({expected}, b, {v.to(torch::kFloat64)});
  for (std::size_t i = 0; i < gradients.size(); ++i) BOOST_TEST_CONTEXT("gradient " << i)
  BOOST_TEST(testing::relative_difference(gradients[i], wanted[i]) < tolerance);
}

// A few roundings of each type: 2^-24 and 2^-9.
constexpr double kFloatTolerance = 1e-6, kBfloatTolerance = 8e-3;

}  // namespace

BOOST_AUTO_TEST_CASE(fused_operations_agree_with_libtorch) {
  Rng rng(1);
  for (const auto type : {torch::kFloat32, torch::kBFloat16})
    for (const auto& [height, width] : {std::pair{1, 1}, {5, 7}, {64, 3}}) {
      const double tolerance = type == torch::kFloat32 ? kFloatTolerance : kBfloatTolerance;
      const auto x = randn(rng, {64, height, width}, 2);
      BOOST_TEST_CONTEXT(torch::toString(type) << " " << height << "x" << width) {
        check_against([](const auto& a) { return gate(a[0]); },
                      [](const auto& a) { return gate_reference(a[0]); }, {x}, {type}, type,
                      tolerance);
        const auto scale = randn(rng, {1, 2, 64})[0][0], shift = randn(rng, {1, 2, 64})[0][0];
        check_against(
            [&](const auto& a) { return channel_norm(a[0], a[1], a[2], type); },
            [](const auto& a) { return channel_norm_reference(a[0], a[1], a[2], torch::kFloat64); },
            {x, scale, shift}, {torch::kFloat32, torch::kFloat32, torch::kFloat32}, type,
            tolerance);
        check_against([](const auto& a) { return scaled_relu(a[0], a[1], a[2]); },
                      [](const auto& a) { return scaled_relu_reference(a[0], a[1], a[2]); },
                      {x, scale, shift}, {type, torch::kFloat32, torch::kFloat32}, type, tolerance);
        check_against([&](const auto& a) { return rounded(a[0], type); },
                      [](const auto& a) { return a[0].clone(); }, {x}, {torch::kFloat32}, type,
                      tolerance);
        const auto h = randn(rng, {64, height, width}, 2);
        check_against([](const auto& a) { return add_residual(a[0], a[1]); },
                      [](const auto& a) { return a[0] + a[1]; }, {x, h}, {torch::kFloat32, type},
                      torch::kFloat32, tolerance);
        const auto fine = randn(rng, {16, 2 * height, 2 * width}, 2);
        check_against([](const auto& a) { return add_shuffled(a[0], a[1]); },
                      [](const auto& a) { return add_shuffled_reference(a[0], a[1]); }, {fine, x},
                      {torch::kFloat32, type}, torch::kFloat32, tolerance);
      }
    }
}

// The pullback to x is the same whether the weights are constants, when nothing of x is kept, or
// not.
BOOST_AUTO_TEST_CASE(constant_weights_have_the_same_gradient) {
  Rng rng(4);
  for (const auto& [outputs, inputs, k, groups, dilation] :
       {std::array<std::int64_t, 5>{8, 6, 1, 1, 1},
        {8, 6, 3, 1, 1},
        {6, 6, 3, 6, 1},
        {12, 6, 3, 2, 2},
        {6, 8, 5, 2, 1}}) {
    const auto weight = randn(rng, {inputs / groups, k, k}, outputs, torch::kFloat64);
    const auto bias = randn(rng, {1, 1, outputs}, 1, torch::kFloat64).flatten();
    const auto x = leaf(randn(rng, {inputs, 7, 9}, 2), torch::kFloat64);
    const ConvolutionShape shape{1, static_cast<int>(dilation * (k - 1) / 2), groups,
                                 static_cast<int>(dilation)};
    const auto y = convolve(x, weight, bias, shape);
    const auto expected = convolve(x, leaf(weight, torch::kFloat64), bias, shape);
    const auto v = randn_like(rng, expected);
    BOOST_TEST(torch::equal(y, expected));
    // Rounding of sums of up to 100 products in float64.
    BOOST_TEST(testing::relative_difference(torch::autograd::grad({y}, {x}, {v})[0],
                                            torch::autograd::grad({expected}, {x}, {v})[0]) <
               1e-14);
  }
}

// Law D3 for the network alone: a pixel changes nothing beyond receptive_field(), and something at
// half that distance (the bound is not idle).
BOOST_AUTO_TEST_CASE(the_receptive_field_is_what_the_config_says) {
  for (const auto& block : kEveryBlock) BOOST_TEST_CONTEXT(to_json(tiny(block)).dump()) {
      const auto config = tiny(block);
      const auto weights =
          cast_weights(config, random_weights(config), torch::kFloat64, torch::kFloat64);
      const int radius = receptive_field(config), size = 128;
      BOOST_REQUIRE(2 * radius < size);
      Rng rng(2);
      const auto x = randn(rng, {3, size, size}, 1, torch::kFloat64);
      const auto level = torch::zeros({1}, torch::kFloat64);
      const auto y = network_forward(config, weights, x, level);
      int reached = 0;
      // Every phase of the coarsest grid.
      for (int at = size / 2; at < size / 2 + alignment(config); ++at) {
        auto changed = x.clone();
        changed.index({0, torch::indexing::Slice(), at, at}).add_(1.0);
        const auto difference = network_forward(config, weights, changed, level) - y;
        const auto where = (difference.abs().amax({0, 1}) > 0).nonzero();
        BOOST_REQUIRE(where.size(0) > 0);
        reached = std::max(reached, (where - at).abs().max().item<int>());
      }
      BOOST_TEST(reached <= radius);
      BOOST_TEST(reached > radius / 2);
    }
}

// F(a x) = a F(x): without biases the noise level only scales. A relu is homogeneous; a gate after
// a norm is not, but a network of them still takes nothing to nothing.
BOOST_AUTO_TEST_CASE(without_biases_nothing_is_added) {
  Rng rng(12);
  const auto x = randn(rng, {3, 16, 16}, 2, torch::kFloat64);
  const auto level = torch::full({2}, 0.3, torch::kFloat64);
  for (const auto kind : {BlockKind::gated, BlockKind::residual})
    for (const bool biases : {false, true}) {
      const auto config = tiny({kind, biases});
      const auto weights =
          cast_weights(config, random_weights(config), torch::kFloat64, torch::kFloat64);
      const auto at_zero = network_forward(config, weights, 0 * x, level);
      BOOST_TEST((at_zero.abs().max().item<double>() == 0) == !biases);
      if (kind == BlockKind::gated || biases) continue;
      const auto y = network_forward(config, weights, x, level);
      BOOST_TEST(testing::relative_difference(network_forward(config, weights, 3 * x, level),
                                              3 * y) < 1e-12);
    }
}

// y = W x + b, y += W x + b and y = (W x + b) f, the same bits however many threads there are.
BOOST_AUTO_TEST_CASE(packed_weights_compute_the_same_product) {
  using enum PackedPointwise::Result;
  Rng rng(11);
  for (const auto type : {torch::kFloat32, torch::kBFloat16})
    for (const std::int64_t pixels : {1, 16, 64, 2048})
      for (const auto result : {plain, added, multiplied}) {
        if (!PackedPointwise::takes(type)) continue;
        const auto x = randn(rng, {1, pixels, 64})[0][0].to(type);
        const auto weight = randn(rng, {1, 96, 64})[0][0].to(type);
        const auto bias = randn(rng, {1, 1, 96}).flatten();
        const auto type_of_y = result == added ? torch::kFloat32 : type;
        const auto before = randn(rng, {1, pixels, 96})[0][0].to(type_of_y);
        const auto factor = randn(rng, {1, pixels, 96})[0][0].to(type);
        auto expected = at::addmm(bias.to(torch::kFloat64), x.to(torch::kFloat64),
                                  weight.to(torch::kFloat64).t());
        if (result == added) expected += before;
        if (result == multiplied) expected *= factor;
        torch::Tensor of_one;
        for (const int threads : {1, 2}) {
          at::set_num_threads(threads);
          const PackedPointwise product(weight.view({96, 64, 1, 1}), bias, result);
          const auto y = before.clone();
          at::parallel_for(0, 2, 1, [&](std::int64_t begin, std::int64_t) {
            if (begin == 0) product.run(pixels, x.data_ptr(), y.data_ptr(), factor.data_ptr());
          });
          // One rounding of bfloat16, and float32's in sums over 64 products.
          BOOST_TEST(testing::relative_difference(y, expected) <
                     (type_of_y == torch::kFloat32 ? 1e-6 : 4e-3));
          if (threads == 1) of_one = y;
          BOOST_TEST(torch::equal(y, of_one));
        }
        at::set_num_threads(1);
      }
}

// Without gradients the blocks run in place, gated ones in bands of rows: the values are those of
// whole layers. In bfloat16 bands round less often than layers do, so that they are nearer to the
// same weights in float32.
BOOST_AUTO_TEST_CASE(work_in_place_changes_nothing) {
  NetworkConfig config{.width = 64, .encoder = {2}, .middle = 1, .decoder = {1}, .embedding = 8};
  Rng rng(31);
  const auto x = randn(rng, {3, 340, 260}, 2);
  const auto level = torch::tensor({-0.3f, 0.2f});
  for (const auto& block : kEveryBlock)
    for (const auto type : {torch::kFloat32, torch::kBFloat16}) {
      config.block = block;
      const auto weights = cast_weights(config, random_weights(config), torch::kFloat32, type);
      const auto whole = network_forward(config, weights, leaf(x, torch::kFloat32), level).detach();
      const torch::NoGradGuard no_grad;
      const auto in_place = network_forward(config, weights, x, level);
      // The sums of a convolution over 576 numbers may be in another order.
      const double tolerance = type == torch::kFloat32 ? 1e-5 : kBfloatTolerance;
      BOOST_TEST(testing::relative_difference(in_place, whole) < tolerance);
      const auto blocks = band_blocks(config, weights);
      const auto banded = network_forward(config, weights, x, level, &blocks);
      const auto unrounded = network_forward(
          config, cast_weights(config, weights, torch::kFloat32, torch::kFloat32), x, level);
      BOOST_TEST(testing::relative_difference(banded, unrounded) < tolerance);
      if (type == torch::kBFloat16)
        BOOST_TEST(testing::relative_difference(banded, unrounded) <=
                   testing::relative_difference(whole, unrounded));
      at::set_num_threads(2);
      BOOST_TEST(torch::equal(network_forward(config, weights, x, level), in_place));
      BOOST_TEST(torch::equal(network_forward(config, weights, x, level, &blocks), banded));
      at::set_num_threads(1);
    }
}

BOOST_AUTO_TEST_CASE(the_default_network_is_within_its_budget) {
  const NetworkConfig config;
  BOOST_TEST(macs_per_pixel(config) < 200e3);
  Rng rng(0);
  BOOST_TEST(parameter_count(initial_weights(config, rng)) * 2 <
             20 * 1024 * 1024);  // float16 bytes
}

// Counted by hand for one block a level at width 16: 6 c^2 + 18 c (gated) or 18 c^2 (residual) at
// 1/4, 1/16, 1/64 of the pixels, stem and head 9 * 12 * 16 each at 1/4; down and up 4 c * 2c each
// at 1/16 and 1/64.
BOOST_AUTO_TEST_CASE(the_cost_is_counted_right) {
  for (const auto kind : {BlockKind::gated, BlockKind::residual}) {
    const auto block = [&](double c) {
      return kind == BlockKind::gated ? 6 * c * c + 18 * c : 18 * c * c;
    };
    const double expected = 2 * block(16) / 4 + 2 * block(32) / 16 + block(64) / 64 +
                            2 * 9.0 * 12 * 16 / 4 + 2 * 4.0 * 16 * 32 / 16 + 2 * 4.0 * 32 * 64 / 64;
    BOOST_TEST(macs_per_pixel(tiny({kind, true})) == expected, boost::test_tools::tolerance(1e-12));
  }
}

BOOST_AUTO_TEST_CASE(a_new_network_is_zero_and_depends_on_the_seed_alone) {
  Rng a(5), b(5), c(6);
  const auto weights = initial_weights(kTiny, a), again = initial_weights(kTiny, b),
             other = initial_weights(kTiny, c);
  for (const auto& [name, tensor] : weights) BOOST_TEST(torch::equal(tensor, again.at(name)));
  BOOST_TEST(!torch::equal(weights.at("stem.weight"), other.at("stem.weight")));
  const auto x = torch::ones({1, 3, 16, 16});
  BOOST_TEST(network_forward(kTiny, weights, x, torch::zeros({1})).abs().max().item<float>() == 0);
}

BOOST_AUTO_TEST_CASE(weights_that_do_not_fit_are_named) {
  const auto refused = [](NamedTensors weights, const std::string& part) {
    BOOST_CHECK_EXCEPTION(check_weights(kTiny, weights, "file"), Error, [&](const Error& error) {
      return std::string(error.what()).find(part) != std::string::npos;
    });
  };
  const auto good = random_weights(kTiny);
  check_weights(kTiny, good, "file");
  auto weights = good;
  weights.erase("stem.weight");
  refused(weights, "'stem.weight' is missing");
  weights = good;
  weights["head.weight"] = torch::zeros({12, 16, 1, 1});
  refused(weights, "'head.weight' has the wrong shape");
  weights = good;
  weights["extra"] = torch::zeros({1});
  refused(weights, "'extra' does not belong");
}

BOOST_AUTO_TEST_CASE(a_config_survives_json_and_nonsense_does_not) {
  for (const auto& block : kEveryBlock)
    BOOST_TEST((network_config_from_json(to_json(tiny(block)), "x") == tiny(block)));
  auto without_word = to_json(kTiny);  // files of older versions do not speak of biases
  without_word.erase("biases");
  BOOST_TEST((network_config_from_json(without_word, "x") == kTiny));
  for (const auto& [key, value] : {std::pair<std::string, Json>{"width", 24},
                                   {"width", -16},
                                   {"width", 1 << 20},
                                   {"middle", -1},
                                   {"middle", 1 << 20},
                                   {"encoder", Json{1}},
                                   {"encoder", "x"},
                                   {"embedding", 7},
                                   {"biases", 3},
                                   {"kind", "other"}}) {
    auto json = to_json(kTiny);
    json[key] = value;
    BOOST_TEST_CONTEXT(key << " " << value)
    BOOST_CHECK_THROW(network_config_from_json(json, "x"), Error);
  }
}

// Fused and composed agree to float32's rounding, also where the mean is a hundred times the
// deviation (the composed one in float64, which has the digits for it), in value and pullback.
BOOST_AUTO_TEST_CASE(fused_group_norm_is_the_composed_one) {
  Rng rng(21);
  for (const bool silu : {false, true})
    for (const auto& [channels, height, width, groups, mean] :
         {std::tuple{32, 7, 5, 32, 0.0}, {64, 33, 40, 8, 100.0}, {48, 1, 1, 3, -3.0}}) {
      const GroupNorm norm{groups, 1e-5, silu};
      const auto x = randn(rng, {channels, height, width}, 2).add_(mean);
      const auto v = randn_like(rng, x);
      const auto gain = randn(rng, {1, 1, channels}).flatten();
      const auto shift = randn(rng, {1, 1, channels}).flatten();
      const auto run = [&](const auto& function, torch::ScalarType type) {
        const auto input = x.to(type).set_requires_grad(true);
        const auto y = function(norm, input, gain.to(type), shift.to(type));
        return std::pair(y.detach(), torch::autograd::grad({y}, {input}, {v.to(type)})[0]);
      };
      const auto [y, dx] = run(group_norm, torch::kFloat32);
      const auto [expected, expected_dx] = run(group_norm_reference, torch::kFloat64);
      const double tolerance = 1e-6 * (1 + std::abs(mean));
      BOOST_TEST(testing::relative_difference(y, expected) < tolerance);
      BOOST_TEST(testing::largest_difference(dx, expected_dx) < 10 * tolerance);
    }
}

BOOST_AUTO_TEST_CASE(attention_head_by_head) {
  Rng rng(22);
  const std::int64_t n = 2, tokens = 37, heads = 3, d = 5;
  const auto make = [&] {
    return randn(rng, {n * heads, tokens, d}, 1, torch::kFloat64)
        .view({n, heads, tokens, d})
        .transpose(1, 2);
  };
  const auto v_out = make();
  const std::vector<torch::Tensor> inputs{make(), make(), make()};
  const auto run = [&](const auto& function) {
    std::vector<torch::Tensor> leaves;
    for (const auto& input : inputs)
      leaves.push_back(input.detach().clone().set_requires_grad(true));
    const auto y = function(leaves[0], leaves[1], leaves[2]);
    auto all = torch::autograd::grad({y}, leaves, {v_out});
    all.push_back(y.detach());
    return all;
  };
  const auto ours = run(attention);
  const auto composed =
      run([&](const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v) {
        const auto s = at::einsum("nthd,nshd->nhts", {q, k}) / std::sqrt(static_cast<double>(d));
        return at::einsum("nhts,nshd->nthd", {s.softmax(3), v});
      });
  for (std::size_t i = 0; i < ours.size(); ++i)
    BOOST_TEST(testing::largest_difference(ours[i], composed[i]) < 1e-12);
}
