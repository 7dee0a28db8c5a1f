// The random streams: documented layout, invariance, statistics. Seeds are fixed, so nothing here
// is flaky; bounds are in standard errors of the quantity measured.
#include "librestore/core/rng.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/core/parallel.h"

namespace restore {
namespace {

using Field = std::vector<float>;
using Words = std::array<std::uint32_t, 4>;

std::size_t size_of(const FieldWindow& window) {
  return static_cast<std::size_t>(window.channels * window.height * window.width);
}

Field normal(Rng rng, const FieldWindow& window) {
  Field out(size_of(window));
  rng.normal(out, window);
  return out;
}

Field uniform(Rng rng, const FieldWindow& window) {
  Field out(size_of(window));
  rng.uniform(out, window);
  return out;
}

// Pixels of `window` cut from `whole`, a field of the same channels that begins at (0, 0).
Field crop(const Field& whole, std::int64_t height, std::int64_t width, const FieldWindow& window) {
  Field out;
  for (std::int64_t c = 0; c < window.channels; ++c)
    for (std::int64_t y = window.y0; y < window.y0 + window.height; ++y)
      for (std::int64_t x = window.x0; x < window.x0 + window.width; ++x)
        out.push_back(whole[static_cast<std::size_t>((c * height + y) * width + x)]);
  return out;
}

double correlation(const Field& a, const Field& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0) / static_cast<double>(a.size());
}

// The largest distance of the empirical distribution from `cdf`, times sqrt(n) (Kolmogorov).
template <typename Cdf>
double kolmogorov(Field sample, const Cdf& cdf) {
  std::sort(sample.begin(), sample.end());
  const double n = static_cast<double>(sample.size());
  double distance = 0;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const double p = cdf(sample[i]), below = static_cast<double>(i) / n;
    distance = std::max({distance, p - below, below + 1 / n - p});
  }
  return distance * std::sqrt(n);
}

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

// Exceeded by 1 sample in 1000 (Kolmogorov's distribution).
constexpr double kKolmogorov999 = 1.95;

// The stream as its header documents it, written a second time and in float64.
std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

struct Place {
  std::uint64_t seed, image;
  std::uint32_t sample, step, channel, y, x;
};

Words words_at(const Place& p) {
  const std::uint64_t key = mix(mix(p.seed + 0x9e3779b97f4a7c15u) ^ p.image);
  return philox4x32_10({p.x / 4, p.y, p.sample << 12 | p.channel, p.step}, key);
}

double reference_normal(const Place& p) {
  const Words words = words_at(p);
  const std::size_t pair = p.x % 4 / 2 * 2;
  const double r = std::sqrt(-2 * std::log((words[pair] + 0.5) / 0x1p32));
  const double angle = std::numbers::pi / 2 * (words[pair + 1] / 0x1p30 - 0.5);
  return r * (p.x % 2 == 0 ? std::cos(angle) : std::sin(angle));
}

BOOST_AUTO_TEST_CASE(philox_known_answers) {
  // Random123 1.14, tests/kat_vectors, the three lines "philox4x32 10".
  BOOST_TEST(
      philox4x32_10({0, 0, 0, 0}, 0) == (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}),
      boost::test_tools::per_element());
  BOOST_TEST(philox4x32_10({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, 0xffffffffffffffffu) ==
                 (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}),
             boost::test_tools::per_element());
  BOOST_TEST(philox4x32_10({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0x299f31d0a4093822u) ==
                 (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(normal_follows_the_documented_layout) {
  const Place place{7, 99, 3, 5, 0, 0, 0};
  Rng rng(place.seed, place.image, place.sample);
  rng.set_step(place.step);
  const FieldWindow window{3, 37, 301, 11, 6};
  const Field values = normal(rng, window);
  double worst = 0;
  std::size_t i = 0;
  for (std::int64_t c = 0; c < window.channels; ++c)
    for (std::int64_t y = 0; y < window.height; ++y)
      for (std::int64_t x = 0; x < window.width; ++x, ++i) {
        Place here = place;
        here.channel = static_cast<std::uint32_t>(c);
        here.y = static_cast<std::uint32_t>(window.y0 + y);
        here.x = static_cast<std::uint32_t>(window.x0 + x);
        worst = std::max(worst, std::abs(values[i] - reference_normal(here)));
      }
  // Float arithmetic: r < 7 carries a few ulp (7 * 2^-23 = 8e-7), and where u rounds to float near
  // 1, r = sqrt(2 (1 - u)) moves by at most sqrt(2 * 2^-25) = 2.4e-4 for values that small.
  BOOST_TEST(worst < 2.5e-4);
  const auto close = [&](std::size_t k) {
    Place here = place;
    here.y = static_cast<std::uint32_t>(window.y0);
    here.x = static_cast<std::uint32_t>(window.x0 + static_cast<std::int64_t>(k));
    return std::abs(values[k] - reference_normal(here));
  };
  for (std::size_t k = 0; k < 301; ++k) BOOST_TEST(close(k) < 1e-6);
}

// The same bits on every machine, for ever: a change here changes everybody's results.
BOOST_AUTO_TEST_CASE(golden_values_never_change) {
  const Field normals{0x1.005e82p+0f,  -0x1.aab63cp-1f, 0x1.64e7p+1f,   -0x1.80360ap-3f,
                      -0x1.a21928p-4f, 0x1.12b8e4p+0f,  0x1.0ec702p-1f, -0x1.82482p-1f};
  const Field uniforms{0x1.aea6fep-1f, 0x1.1e1f2cp-2f, 0x1.1cf76cp-2f, 0x1.900902p-1f};
  BOOST_TEST(normal(Rng(1234, 5, 6), {1, 1, 8}) == normals, boost::test_tools::per_element());
  BOOST_TEST(uniform(Rng(0), {1, 1, 4}) == uniforms, boost::test_tools::per_element());
  BOOST_TEST(Rng(42).uniform() == 0x1.ef18fc5a8beb8p-4);
  BOOST_TEST(Rng(42).below(1000000007) == 683587740u);
}

BOOST_AUTO_TEST_CASE(a_window_is_a_crop_of_the_whole) {
  constexpr std::int64_t kHeight = 61, kWidth = 530;
  const Rng rng(11, 22);
  const Field whole_normal = normal(rng, {3, kHeight, kWidth});
  const Field whole_uniform = uniform(rng, {3, kHeight, kWidth});
  for (const FieldWindow& window : {FieldWindow{3, 7, 13, 5, 9}, FieldWindow{3, 1, 1, 60, 529},
                                    FieldWindow{2, 61, 3, 0, 254}, FieldWindow{1, 20, 515, 13, 2},
                                    FieldWindow{3, 9, 257, 1, 255}, FieldWindow{1, 1, 4, 0, 4}}) {
    BOOST_TEST((normal(rng, window) == crop(whole_normal, kHeight, kWidth, window)));
    BOOST_TEST((uniform(rng, window) == crop(whole_uniform, kHeight, kWidth, window)));
  }
}

BOOST_AUTO_TEST_CASE(windows_may_reach_past_the_frame) {
  const Rng rng(11);
  const Field outer = normal(rng, {2, 20, 33, -3, -7});
  // The same pixels, counted from the outer window's corner.
  const Field inner = normal(rng, {2, 17, 26, 0, 0});
  BOOST_TEST((inner == crop(outer, 20, 33, {2, 17, 26, 3, 7})));
}

BOOST_AUTO_TEST_CASE(a_part_of_a_picture_has_the_numbers_of_its_place) {
  const Field whole = normal(Rng(11, 22), {2, 40, 33});
  const Field part = normal(Rng(11, 22).at(3, 0).at(4, 9), {2, 20, 21});
  BOOST_TEST((part == crop(whole, 40, 33, {2, 20, 21, 7, 9})));
  // Another sample of the same part lies there too.
  BOOST_TEST((normal(Rng(11, 22).at(7, 9).for_sample(2), {2, 20, 21}) ==
              crop(normal(Rng(11, 22).for_sample(2), {2, 40, 33}), 40, 33, {2, 20, 21, 7, 9})));
}

BOOST_AUTO_TEST_CASE(threads_change_nothing) {
  const FieldWindow window{3, 300, 401};
  std::vector<Field> fields;
  for (const int threads : {1, 2, 7})
    parallel_items(1, {1, threads},
                   [&](std::int64_t) { fields.push_back(normal(Rng(5), window)); });
  fields.push_back(normal(Rng(5), window));
  for (const Field& field : fields) BOOST_TEST((field == fields.front()));
}

BOOST_AUTO_TEST_CASE(streams_are_independent) {
  const FieldWindow window{1, 512, 512};
  Rng later(1);
  later.set_step(1);
  const std::vector<Field> streams{
      normal(Rng(0), window),       normal(Rng(1), window),
      normal(Rng(2), window),       normal(Rng(1, 1), window),
      normal(Rng(1, 2), window),    normal(Rng(1, 0, 1), window),
      normal(Rng(1, 0, 2), window), normal(later, window),
      normal(Rng(1, 1, 1), window), normal(Rng(std::uint64_t{1} << 32), window)};
  // The correlation of two independent fields has the standard error 1 / sqrt(n) = 1 / 512.
  for (std::size_t a = 0; a < streams.size(); ++a)
    for (std::size_t b = 0; b < a; ++b)
      BOOST_TEST(std::abs(correlation(streams[a], streams[b])) < 5.0 / 512);
}

BOOST_AUTO_TEST_CASE(samples_and_steps_can_be_replayed) {
  const FieldWindow window{3, 5, 7};
  Rng rng(3, 4);
  const Field first = normal(rng, window);
  Field out(size_of(window));
  rng.normal(out, window);
  BOOST_TEST((out == first));
  BOOST_TEST(rng.step() == 1u);
  const Field second = normal(rng, window);
  BOOST_TEST((first != second));
  rng.set_step(0);
  BOOST_TEST((normal(rng, window) == first));
  rng.set_step(9);
  const Rng fifth = rng.for_sample(5);
  BOOST_TEST(fifth.step() == 0u);
  BOOST_TEST(fifth.sample() == 5u);
  BOOST_TEST((normal(fifth, window) == normal(Rng(3, 4, 5), window)));
}

// Their numbers would be another channel's or sample's.
BOOST_AUTO_TEST_CASE(samples_and_channels_end_somewhere) {
  constexpr std::uint32_t kSamples = 1 << 20;
  const auto usage = [](const Error& error) { return error.code() == ExitCode::usage; };
  BOOST_CHECK_NO_THROW(Rng(1, 2, kSamples - 1));
  BOOST_CHECK_EXCEPTION(Rng(1, 2, kSamples), Error, usage);
  BOOST_CHECK_EXCEPTION(Rng(1).for_sample(kSamples), Error, usage);
  BOOST_CHECK_NO_THROW(normal(Rng(1), {4096, 1, 1}));
  BOOST_CHECK_EXCEPTION(normal(Rng(1), {4097, 1, 1}), Error, usage);
  BOOST_CHECK_EXCEPTION(uniform(Rng(1), {4097, 1, 1}), Error, usage);
}

BOOST_AUTO_TEST_CASE(normal_moments) {
  const Field field = normal(Rng(0), {4, 1024, 1024});
  const double n = static_cast<double>(field.size());
  double m1 = 0, m2 = 0, m3 = 0, m4 = 0;
  for (const double x : field) {
    m1 += x;
    m2 += x * x;
    m3 += x * x * x;
    m4 += x * x * x * x;
  }
  // E x = 0, E x^2 = 1, E x^3 = 0, E x^4 = 3, with Var = 1, 2, 15, 96 over n.
  BOOST_TEST(std::abs(m1 / n) < 4 * std::sqrt(1 / n));
  BOOST_TEST(std::abs(m2 / n - 1) < 4 * std::sqrt(2 / n));
  BOOST_TEST(std::abs(m3 / n) < 4 * std::sqrt(15 / n));
  BOOST_TEST(std::abs(m4 / n - 3) < 4 * std::sqrt(96 / n));
}

BOOST_AUTO_TEST_CASE(normal_tails) {
  const Field field = normal(Rng(17), {4, 2048, 2048});
  for (const double bound : {2.0, 3.0, 4.0, 5.0}) {
    const double expected = 2 * normal_cdf(-bound) * static_cast<double>(field.size());
    const auto found =
        std::count_if(field.begin(), field.end(), [&](float x) { return std::abs(x) > bound; });
    // Poisson: standard error sqrt(expected), 10 values beyond 5 sigma.
    BOOST_TEST(std::abs(static_cast<double>(found) - expected) < 4 * std::sqrt(expected));
  }
}

BOOST_AUTO_TEST_CASE(neighbours_are_uncorrelated) {
  constexpr std::int64_t kSide = 1024;
  const Field field = normal(Rng(8), {2, kSide, kSide});
  for (const std::int64_t lag : {std::int64_t{1}, std::int64_t{2}, std::int64_t{3}, std::int64_t{4},
                                 kSide, kSide + 1, kSide * kSide}) {
    const auto shift = static_cast<std::ptrdiff_t>(lag);
    const double n = static_cast<double>(field.size() - static_cast<std::size_t>(lag));
    const double sum = std::inner_product(field.begin() + shift, field.end(), field.begin(), 0.0);
    BOOST_TEST(std::abs(sum / n) < 4 / std::sqrt(n));
  }
}

BOOST_AUTO_TEST_CASE(distributions_are_right) {
  BOOST_TEST(kolmogorov(normal(Rng(2), {1, 1000, 1000}), normal_cdf) < kKolmogorov999);
  BOOST_TEST(kolmogorov(uniform(Rng(2), {1, 1000, 1000}), [](double x) { return x; }) <
             kKolmogorov999);
}

BOOST_AUTO_TEST_CASE(uniform_is_open) {
  // 2^25 draws of 2^23 values: each end is among them (missed with probability e^-4).
  const Field field = uniform(Rng(1), {8, 2048, 2048});
  const auto [smallest, largest] = std::minmax_element(field.begin(), field.end());
  BOOST_TEST(*smallest == 0x1p-24f);
  BOOST_TEST(*largest == 1 - 0x1p-24f);
}

BOOST_AUTO_TEST_CASE(scalar_draws) {
  Rng rng(6);
  constexpr int kDraws = 100000;
  double sum = 0;
  int fine = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double u = rng.uniform();
    BOOST_REQUIRE(u > 0);
    BOOST_REQUIRE(u < 1);
    sum += u;
    fine += u * 0x1p24 != std::floor(u * 0x1p24);
  }
  // Var u = 1/12.
  BOOST_TEST(std::abs(sum / kDraws - 0.5) < 4 / std::sqrt(12.0 * kDraws));
  BOOST_TEST(fine == kDraws);
  BOOST_TEST(rng.step() == static_cast<std::uint32_t>(kDraws));
}

BOOST_AUTO_TEST_CASE(whole_numbers_are_unbiased) {
  Rng rng(6);
  constexpr int kDraws = 70000;
  std::array<int, 7> counts{};
  for (int i = 0; i < kDraws; ++i) ++counts[rng.below(7)];
  double chi_squared = 0;
  for (const int count : counts) chi_squared += (count - 10000.0) * (count - 10000.0) / 10000.0;
  // Six degrees of freedom: exceeded once in 1000.
  BOOST_TEST(chi_squared < 22.46);
  for (int i = 0; i < 20; ++i) BOOST_TEST(rng.below(1) == 0u);
  const std::uint64_t bound = (std::uint64_t{1} << 63) + 1;
  bool upper_half = false;
  for (int i = 0; i < 64; ++i) {
    const std::uint64_t value = rng.below(bound);
    BOOST_TEST(value < bound);
    upper_half = upper_half || value > bound / 2;
  }
  BOOST_TEST(upper_half);
}

BOOST_AUTO_TEST_CASE(hash_is_fnv_1a) {
  const auto hash = [](std::string_view text) {
    return stable_hash({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
  };
  // Fowler, Noll, Vo: http://www.isthe.com/chongo/tech/comp/fnv (test vectors of FNV-1a, 64 bits).
  BOOST_TEST(hash("") == 0xcbf29ce484222325u);
  BOOST_TEST(hash("a") == 0xaf63dc4c8601ec8cu);
  BOOST_TEST(hash("foobar") == 0x85944171f73967e8u);
}

}  // namespace
}  // namespace restore
