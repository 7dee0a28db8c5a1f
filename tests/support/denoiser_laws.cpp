#include "tests/support/denoiser_laws.h"

#include <boost/test/unit_test.hpp>

#include "librestore/model/random.h"
#include "tests/support/comparison.h"

namespace restore::testing {
namespace {

constexpr double kSigma = 25.0 / 255;

torch::Tensor random_picture(const Shape& shape, std::int64_t n = 1,
                             torch::ScalarType type = torch::kFloat32) {
  Rng rng(11);
  return rand(rng, shape, n, type);
}

// A shaded disk before a slope, in three colours.
torch::Tensor smooth_picture(std::int64_t size) {
  const auto t = torch::linspace(-1, 1, size);
  const auto x = t.view({1, -1}), y = t.view({-1, 1});
  const auto disk = (x.square() + y.square() < 0.4).to(torch::kFloat32);
  const auto red = 0.3 + 0.2 * x + 0.4 * disk, green = 0.5 + 0.2 * y - 0.3 * disk + 0 * x;
  return torch::stack({red, green, 0.6 - 0.1 * x * y}).unsqueeze(0);
}

}  // namespace

void check_shape_and_type(const Denoiser& denoiser) {
  for (const Shape shape : {Shape{3, 1, 1}, Shape{3, 1, 19}, Shape{3, 23, 1}, Shape{3, 37, 50}}) {
    for (const auto type : {torch::kFloat32, torch::kFloat64}) {
      BOOST_TEST_CONTEXT("D1, " << denoiser.name() << " on " << shape.to_string() << " " << type) {
        const auto x = random_picture(shape, 2, type);
        const auto out = denoiser.denoise(x, kSigma);
        BOOST_TEST(out.sizes() == x.sizes());
        BOOST_TEST((out.scalar_type() == type));
        BOOST_TEST(out.isfinite().all().item<bool>());
        BOOST_TEST(denoiser.denoise(100 * x - 20, kSigma).isfinite().all().item<bool>());
      }
    }
  }
}

void check_identity_without_noise(const Denoiser& denoiser) {
  const auto x = random_picture({3, 31, 46});
  BOOST_TEST_CONTEXT("D2, " << denoiser.name()) {
    BOOST_TEST(torch::equal(denoiser.denoise(x, 0), x));
  }
}

void check_receptive_field(const Denoiser& denoiser) {
  const auto radius = denoiser.receptive_field();
  if (!radius) return;  // unbounded: the law promises nothing
  BOOST_TEST_CONTEXT("D3, " << denoiser.name() << ", " << *radius << " px") {
    const std::int64_t size = 2 * *radius + 32;
    const auto x = random_picture({3, size, size});
    auto changed = x.clone();
    const std::int64_t at = *radius + 16;
    changed.select(2, at).select(2, at).add_(1);
    auto difference = denoiser.denoise(changed, kSigma) - denoiser.denoise(x, kSigma);
    BOOST_TEST(difference.abs().max().item<double>() > 0);
    const std::int64_t from = at - *radius, to = at + *radius + 1;
    difference.slice(2, from, to).slice(3, from, to).zero_();
    BOOST_TEST(difference.abs().max().item<double>() == 0);
  }
}

void check_batch(const Denoiser& denoiser) {
  BOOST_TEST_CONTEXT("batch, " << denoiser.name()) {
    const auto x = random_picture({3, 40, 33}, 3);
    const auto together = denoiser.denoise(x, kSigma);
    BOOST_TEST(torch::equal(together, denoiser.denoise(x, kSigma)));
    // A library may block a larger batch in another way: rounding in float32.
    for (std::int64_t n = 0; n < 3; ++n)
      BOOST_TEST(largest_difference(together.slice(0, n, n + 1),
                                    denoiser.denoise(x.slice(0, n, n + 1), kSigma)) < 1e-5);
  }
}

void check_denoises(const Denoiser& denoiser) {
  const auto clean = smooth_picture(64);
  for (const double sigma : {5.0 / 255, 25.0 / 255, 75.0 / 255}) {
    Rng rng(12);
    const auto noisy = clean + sigma * randn_like(rng, clean);
    const double before = (noisy - clean).square().mean().item<double>();
    const double after = (denoiser.denoise(noisy, sigma) - clean).square().mean().item<double>();
    BOOST_TEST_CONTEXT(denoiser.name() << " at sigma " << sigma) {
      BOOST_TEST(after < 0.9 * before);
    }
  }
}

void check_denoiser_laws(const Denoiser& denoiser) {
  const SigmaRange range = denoiser.sigma_range();
  BOOST_TEST(range.minimum >= 0);
  BOOST_TEST(range.minimum < range.maximum);
  BOOST_TEST(!denoiser.name().empty());
  check_shape_and_type(denoiser);
  check_identity_without_noise(denoiser);
  check_receptive_field(denoiser);
  check_batch(denoiser);
  check_denoises(denoiser);
}

}  // namespace restore::testing
