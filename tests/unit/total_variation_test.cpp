// The total-variation prox against its optimality conditions and against solutions in closed form.
#include "priors/classic/total_variation.h"

#include <boost/test/unit_test.hpp>

#include "librestore/core/parallel.h"
#include "librestore/model/random.h"
#include "tests/support/comparison.h"

namespace restore {
namespace {

using testing::largest_difference;
using testing::relative_difference;
using torch::indexing::None;
using torch::indexing::Slice;

constexpr TvProxOptions kExact{.tolerance = 1e-12, .max_iterations = 100000};

torch::Tensor noise_image(const Shape& shape, std::int64_t n = 1,
                          torch::ScalarType type = torch::kFloat64) {
  Rng rng(7);
  return rand(rng, shape, n, type);
}

// D u by torch's own indexing: N x 2C x H x W, channel 2 c along x.
torch::Tensor forward_differences(const torch::Tensor& u) {
  auto gx = torch::zeros_like(u), gy = torch::zeros_like(u);
  gx.index_put_({Slice(), Slice(), Slice(), Slice(None, -1)}, u.diff(1, 3));
  gy.index_put_({Slice(), Slice(), Slice(None, -1)}, u.diff(1, 2));
  return torch::stack({gx, gy}, 2).flatten(1, 2);
}

// D^T p, by its definition <D u, p> = <u, D^T p>.
torch::Tensor differences_adjoint(const torch::Tensor& p) {
  const auto fields = p.unflatten(1, {-1, 2});
  const auto px = fields.select(2, 0), py = fields.select(2, 1);
  auto out = -px - py;
  out.index({Slice(), Slice(), Slice(), Slice(1, None)}) += px.slice(3, 0, -1);
  out.index({Slice(), Slice(), Slice(1, None)}) += py.slice(2, 0, -1);
  return out;
}

torch::Tensor magnitude(const torch::Tensor& p) { return p.square().sum(1, true).sqrt(); }

// FGP in five lines, as Beck and Teboulle print it.
torch::Tensor plain_fgp(const torch::Tensor& x, double weight, int iterations) {
  auto p = torch::zeros({x.size(0), 2 * x.size(1), x.size(2), x.size(3)}, x.options());
  auto q = p;
  double t = 1;
  for (int k = 0; k < iterations; ++k) {
    const auto a = q + forward_differences(x - differences_adjoint(q)) / 8;
    const auto next = a / (magnitude(a) / weight).clamp_min(1);
    const double t_next = (1 + std::sqrt(1 + 4 * t * t)) / 2;
    q = next + (t - 1) / t_next * (next - p);
    p = next;
    t = t_next;
  }
  return x - differences_adjoint(p);
}

// A picture whose columns [0, left) hold one colour and the others another.
torch::Tensor two_colours(const torch::Tensor& a, const torch::Tensor& b, int height, int left,
                          int right) {
  return torch::cat({a.view({1, -1, 1, 1}).expand({1, a.numel(), height, left}),
                     b.view({1, -1, 1, 1}).expand({1, b.numel(), height, right})},
                    3)
      .contiguous();
}

BOOST_AUTO_TEST_CASE(the_step_is_the_one_of_the_paper) {
  // Several blocks of rows, odd sizes. The same arithmetic in another order: rounding only.
  const auto x = noise_image({3, 133, 71});
  const auto prox = total_variation_prox(x, 0.2, {.tolerance = 0, .max_iterations = 25});
  BOOST_TEST(prox.certificates[0].iterations == 25);
  BOOST_TEST(relative_difference(prox.u, plain_fgp(x, 0.2, 25)) < 1e-14);
}

BOOST_AUTO_TEST_CASE(the_certificate_proves_optimality) {
  const double weight = 0.15;
  for (const Shape shape : {Shape{3, 70, 45}, Shape{1, 64, 64}, Shape{4, 1, 33}, Shape{2, 29, 1}}) {
    const auto x = noise_image(shape);
    const auto prox = total_variation_prox(x, weight, {.tolerance = 1e-9, .max_iterations = 20000});
    const auto& certificate = prox.certificates[0];
    BOOST_TEST_CONTEXT(shape.to_string() << ", " << certificate.iterations << " iterations") {
      BOOST_TEST(certificate.converged);
      // p is feasible, u belongs to it, and both objectives are what they say: weak duality does
      // the rest. All of it computed here, by other means.
      const auto DTp = differences_adjoint(prox.dual);
      BOOST_TEST(magnitude(prox.dual).max().item<double>() <= weight * (1 + 1e-14));
      BOOST_TEST(largest_difference(prox.u, x - DTp) < 1e-14);
      const double tv = magnitude(forward_differences(prox.u)).sum().item<double>();
      const double primal = 0.5 * (prox.u - x).square().sum().item<double>() + weight * tv;
      const double dual = ((x * DTp).sum() - 0.5 * DTp.square().sum()).item<double>();
      BOOST_TEST(std::abs(certificate.primal - primal) < 1e-12 * primal);
      BOOST_TEST(std::abs(certificate.dual - dual) < 1e-12 * primal);
      BOOST_TEST(primal - dual <= 1.01e-9 * primal);
      BOOST_TEST(total_variation(prox.u).item<double>() == tv, boost::test_tools::tolerance(1e-12));
    }
  }
}

BOOST_AUTO_TEST_CASE(two_pixels_approach_each_other) {
  const auto x = torch::tensor({0.2, 0.9}, torch::kFloat64).view({1, 1, 1, 2});
  const auto moved = torch::tensor({0.3, 0.8}, torch::kFloat64).view({1, 1, 1, 2});
  const auto merged = torch::full({1, 1, 1, 2}, 0.55, torch::kFloat64);
  BOOST_TEST(largest_difference(total_variation_prox(x, 0.1, kExact).u, moved) < 1e-6);
  BOOST_TEST(largest_difference(total_variation_prox(x, 0.35, kExact).u, merged) < 1e-6);
  BOOST_TEST(largest_difference(total_variation_prox(x, 5, kExact).u, merged) < 1e-6);
}

BOOST_AUTO_TEST_CASE(a_step_between_colours_shrinks_along_its_own_direction) {
  // Every row pays weight |b - a|: a region of n columns moves by weight / n towards the other one.
  const auto a = torch::tensor({0.1, 0.7, 0.3}, torch::kFloat64);
  const auto b = torch::tensor({0.8, 0.5, 0.35}, torch::kFloat64);
  const auto direction = (b - a) / (b - a).norm();
  const double weight = 0.9;
  const auto x = two_colours(a, b, 40, 10, 15);
  const auto expected =
      two_colours(a + weight / 10 * direction, b - weight / 15 * direction, 40, 10, 15);
  const auto prox = total_variation_prox(x, weight, kExact);
  // ||u - u*||^2 <= 2 gap.
  const double bound = std::sqrt(2 * std::max(prox.certificates[0].gap(), 0.0)) + 1e-9;
  BOOST_TEST((prox.u - expected).norm().item<double>() <= bound);
  BOOST_TEST(bound < 1e-5);
}

BOOST_AUTO_TEST_CASE(a_disk_sinks_by_perimeter_over_area) {
  // In the plane a disk of radius r loses weight 2 / r of its height. The grid's disk has a border
  // that is a pixel wide: 5 % of the loss at this radius.
  const double r = 20, weight = 2;
  const auto axis = torch::arange(-63.5, 64.0, torch::kFloat64);
  const auto disk = (axis.view({1, -1}).square() + axis.view({-1, 1}).square() < r * r)
                        .to(torch::kFloat64)
                        .view({1, 1, 128, 128});
  const auto u = total_variation_prox(disk, weight, {.tolerance = 1e-6, .max_iterations = 20000}).u;
  const double inside = u[0][0][64][64].item<double>();
  const double background = u[0][0][0][0].item<double>();
  const double area = disk.sum().item<double>();
  BOOST_TEST(1 - inside == 2 * weight / r, boost::test_tools::tolerance(0.05));
  // What the disk loses, the background gains.
  BOOST_TEST(background == (1 - inside) * area / (128 * 128 - area),
             boost::test_tools::tolerance(0.05));
}

BOOST_AUTO_TEST_CASE(flat_pictures_stay_and_heavy_weights_flatten) {
  const auto flat = torch::full({2, 3, 20, 30}, 0.3, torch::kFloat32);
  BOOST_TEST(torch::equal(total_variation_prox(flat, 0.5).u, flat));
  const auto x = noise_image({3, 24, 31});
  const auto mean = x.mean({2, 3}, true).expand_as(x);
  BOOST_TEST(largest_difference(total_variation_prox(x, 100, kExact).u, mean) < 1e-5);
  // The prox never changes a channel's mean.
  const auto u = total_variation_prox(x, 0.1).u;
  BOOST_TEST(largest_difference(u.mean({2, 3}), x.mean({2, 3})) < 1e-14);
}

BOOST_AUTO_TEST_CASE(scaling_shifting_transposing_and_mixing_channels_commute_with_it) {
  const auto x = noise_image({3, 50, 37});
  const double weight = 0.1;
  const auto u = total_variation_prox(x, weight).u;
  // prox(a x, a w) = a prox(x, w): the stop is relative, so the iterations are the same too.
  BOOST_TEST(relative_difference(total_variation_prox(100 * x, 100 * weight).u, 100 * u) < 1e-12);
  BOOST_TEST(relative_difference(total_variation_prox(x + 3, weight).u, u + 3) < 1e-12);
  // Forward differences treat both axes alike: exact under transposition, though not under flips.
  const auto turned = x.transpose(2, 3).contiguous();
  BOOST_TEST(relative_difference(total_variation_prox(turned, weight).u, u.transpose(2, 3)) <
             1e-12);
  // |D u| does not see a rotation of the colour space.
  const double c = std::cos(0.7), s = std::sin(0.7);
  const auto rotation =
      torch::tensor({{c, -s, 0.0}, {s, c, 0.0}, {0.0, 0.0, 1.0}}, torch::kFloat64);
  const auto mix = [&](const torch::Tensor& v) {
    return torch::einsum("dc,nchw->ndhw", {rotation, v});
  };
  BOOST_TEST(relative_difference(total_variation_prox(mix(x), weight).u, mix(u)) < 1e-12);
}

BOOST_AUTO_TEST_CASE(distances_never_grow) {
  const auto x = noise_image({3, 40, 40}), y = x.roll({3, 5}, {2, 3});
  const auto u = total_variation_prox(x, 0.2, {.tolerance = 1e-8, .max_iterations = 20000}).u;
  const auto v = total_variation_prox(y, 0.2, {.tolerance = 1e-8, .max_iterations = 20000}).u;
  BOOST_TEST((u - v).norm().item<double>() <= (x - y).norm().item<double>());
  BOOST_TEST((u - v).square().sum().item<double>() <=
             ((u - v) * (x - y)).sum().item<double>() * (1 + 1e-3));  // firmly, up to the gap
}

BOOST_AUTO_TEST_CASE(threads_batches_and_types_do_not_matter) {
  const auto x = noise_image({3, 211, 97}, 3, torch::kFloat32);
  torch::Tensor one, many;
  parallel_items(1, {1, 1}, [&](std::int64_t) { one = total_variation_prox(x, 0.1).u; });
  parallel_items(1, {1, 5}, [&](std::int64_t) { many = total_variation_prox(x, 0.1).u; });
  BOOST_TEST(torch::equal(one, many));
  for (int n = 0; n < 3; ++n)
    BOOST_TEST(
        torch::equal(one.slice(0, n, n + 1), total_variation_prox(x.slice(0, n, n + 1), 0.1).u));
  // The iterations are the same; float32 rounds at 6e-8 of values up to 1, some dozen times.
  BOOST_TEST(largest_difference(one, total_variation_prox(x.to(torch::kFloat64), 0.1).u) < 2e-6);
  // A view that is not contiguous is a picture like any other.
  const auto view = x.permute({0, 1, 3, 2});
  BOOST_TEST(torch::equal(total_variation_prox(view, 0.1).u,
                          total_variation_prox(view.contiguous(), 0.1).u));
}

BOOST_AUTO_TEST_CASE(a_dual_start_saves_iterations_and_changes_nothing_else) {
  const auto x = noise_image({3, 80, 80});
  const TvProxOptions tight{.tolerance = 1e-6, .max_iterations = 20000};
  const auto cold = total_variation_prox(x, 0.2, tight);
  const auto near = x + 1e-3 * noise_image({3, 80, 80}).flip({3});
  const auto start = cold.dual.clone();
  const auto warm = total_variation_prox(near, 0.2, tight, cold.dual);
  BOOST_TEST(torch::equal(start, cold.dual));
  BOOST_TEST(warm.certificates[0].iterations < cold.certificates[0].iterations);
  const double bound = 2 * std::sqrt(2 * tight.tolerance * warm.certificates[0].primal);
  BOOST_TEST((warm.u - total_variation_prox(near, 0.2, tight).u).norm().item<double>() <= bound);
}

BOOST_AUTO_TEST_CASE(a_session_gives_the_denoiser_to_its_tolerance) {
  const TotalVariation tv;
  const auto session = tv.session();
  const auto x = noise_image({3, 60, 60});
  for (const double sigma : {0.1, 0.1, 0.02, 0.3, 0.0}) {
    const auto picture = x + sigma * 0.1;
    const auto prox = total_variation_prox(picture, TotalVariation::weight(sigma));
    // Both are within sqrt(2 gap) of the minimiser, the gap at most the tolerance times the primal.
    const double bound = 2 * std::sqrt(2 * 1.01e-3 * prox.certificates[0].primal);
    const auto warm = session->denoise(picture, sigma);
    BOOST_TEST((warm - tv.denoise(picture, sigma)).norm().item<double>() <= bound);
  }
  // A picture of another size starts anew.
  const auto other = noise_image({3, 20, 90});
  BOOST_TEST(torch::equal(session->denoise(other, 0.1), tv.denoise(other, 0.1)));
}

BOOST_AUTO_TEST_CASE(nan_comes_back_at_once) {
  auto x = noise_image({3, 30, 30});
  x[0][1][4][5] = std::nan("");
  const auto prox = total_variation_prox(x, 0.1);
  BOOST_TEST(prox.u.isnan().any().item<bool>());
  BOOST_TEST(!prox.certificates[0].converged);
  BOOST_TEST(prox.certificates[0].iterations < 10);
}

BOOST_AUTO_TEST_CASE(the_denoiser_is_the_prox_at_its_weight) {
  const auto x = noise_image({3, 40, 50}, 1, torch::kFloat32);
  const TotalVariation standard, strong({.strength = 2.5});
  const double sigma = 25.0 / 255;
  BOOST_TEST(torch::equal(standard.denoise(x, sigma),
                          total_variation_prox(x, TotalVariation::weight(sigma)).u));
  BOOST_TEST(torch::equal(strong.denoise(x, sigma),
                          total_variation_prox(x, 2.5 * TotalVariation::weight(sigma)).u));
  BOOST_TEST(standard.name() == "tv");
  BOOST_TEST(strong.name() == "tv:2.5");
}

}  // namespace
}  // namespace restore
