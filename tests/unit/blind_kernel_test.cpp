// The blind estimate of a kernel: its two steps by closed forms, and kernels found again.
#include "operators/kernel/blind_kernel.h"

#include <ATen/ATen.h>
#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/image/image_io.h"
#include "librestore/model/random.h"
#include "operators/factory.h"
#include "operators/kernel/kernels.h"
#include "tests/support/comparison.h"
#include "tests/support/temporary_folder.h"

using namespace restore;
using torch::Tensor;

namespace {

const std::filesystem::path kPhoto =
    std::filesystem::path(RESTORE_SOURCE_DIR) / "data/samples/colosseum.jpg";

Tensor noise(std::int64_t height, std::int64_t width, std::uint64_t seed,
             torch::ScalarType type = torch::kFloat64) {
  Rng rng(seed);
  return randn(rng, {1, height, width}, 1, type)[0][0];
}

// True convolution with a circular boundary, by its definition.
Tensor blurred(const Tensor& x, const Tensor& k) {
  auto y = at::zeros_like(x);
  for (std::int64_t i = 0; i < k.size(0); ++i)
    for (std::int64_t j = 0; j < k.size(1); ++j)
      y += k[i][j] * x.roll({i - k.size(0) / 2, j - k.size(1) / 2}, {0, 1});
  return y;
}

// Largest normalised correlation over all shifts.
double similarity(const Tensor& a, const Tensor& b) {
  const auto margin = b.size(0);
  const auto wide = at::constant_pad_nd(a, {margin, margin, margin, margin});
  const auto products = at::conv2d(wide.view({1, 1, wide.size(0), wide.size(1)}),
                                   b.view({1, 1, b.size(0), b.size(1)}));
  return (products.max() / (a.norm() * b.norm())).item<double>();
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_kernel_is_the_least_squares_solution) {
  const std::int64_t size = 5;
  const double gamma = 0.7;
  const auto x = noise(12, 17, 1), y = noise(12, 17, 2), where = noise(12, 17, 3).abs();
  // A column for each value of the kernel: the weighted gradients of x, moved.
  std::vector<Tensor> columns;
  const auto gradients = [](const Tensor& t, const Tensor& weights) {
    return at::cat(
        {((t.roll(-1, 1) - t) * weights).flatten(), ((t.roll(-1, 0) - t) * weights).flatten()});
  };
  const auto gx = gradients(x, where).view({2, 12, 17});
  for (std::int64_t i = -2; i <= 2; ++i)
    for (std::int64_t j = -2; j <= 2; ++j) columns.push_back(gx.roll({i, j}, {1, 2}).flatten());
  const auto A = at::stack(columns, 1);
  const auto normal = at::mm(A.t(), A) + gamma * at::eye(size * size, x.options());
  const auto b = at::mv(A.t(), gradients(y, where));
  const auto expected = at::matmul(at::inverse(normal), b).view({size, size});
  // conjugate gradients stop at a residual of 1e-5
  BOOST_TEST(testing::relative_difference(fit_kernel(x, y, size, gamma, where), expected) < 1e-4);
}

BOOST_AUTO_TEST_CASE(what_blurred_a_known_picture_is_found) {
  const auto x = noise(40, 50, 4);
  for (const char* name : {"motion:7,30", "gaussian:1.2,7", "values:3,3,0,1,0,2,1,0,0,0,3"}) {
    const auto k = build_kernel(name);
    const auto size = std::max(k.size(0), k.size(1)) | 1;
    const auto found = fit_kernel(x, blurred(x, k), size, 0);
    auto expected = at::zeros({size, size}, torch::kFloat64);
    expected.narrow(0, size / 2 - k.size(0) / 2, k.size(0))
        .narrow(1, size / 2 - k.size(1) / 2, k.size(1))
        .copy_(k);
    BOOST_TEST_CONTEXT(name) BOOST_TEST(testing::relative_difference(found, expected) < 1e-4);
  }
}

// Two plateaus whose step is worth far more than lambda, and noise that is worth less: the step
// stays, the noise, whose differences have a standard deviation of 0.014, goes.
BOOST_AUTO_TEST_CASE(strong_edges_stay) {
  auto clean = at::zeros({32, 32}, torch::kFloat64);
  clean.narrow(1, 8, 16).fill_(0.8);
  const auto y = clean + 0.01 * noise(32, 32, 5);
  const auto point = at::ones({1, 1}, torch::kFloat64);
  const auto x = sparse_edges(y, point, 2e-3);
  BOOST_TEST((x - clean).abs().max().item<double>() < 0.01);
  BOOST_TEST(((x.roll(-1, 1) - x).abs() > 0.01).sum().item<int>() == 64);
  BOOST_TEST(((x.roll(-1, 0) - x).abs() > 0.01).sum().item<int>() == 0);
}

// A photograph, blurred, cut by its frame, with noise of 0.01. The bounds are what this machine
// reached, rounded down to the next twentieth.
BOOST_AUTO_TEST_CASE(kernels_of_a_photograph_are_found_again) {
  const auto photo = load_image(kPhoto).colour;
  const auto scene = photo.narrow(2, 100, 220).narrow(3, 100, 240);
  for (const auto& [name, bound] :
       {std::pair{"motion:9,20", 0.85}, {"gaussian:1.8", 0.9}, {"walk:14,3", 0.75}}) {
    const auto A =
        build_operator(fmt::format("blur({}, boundary=unknown)", name), {{3, 220, 240}, false});
    auto y = A->apply(scene);
    Rng rng(6);
    y += 0.01 * randn_like(rng, y);
    const auto k = estimate_kernel(y, 19);
    BOOST_TEST(k.sum().item<double>() == 1, boost::test_tools::tolerance(1e-6));
    BOOST_TEST(k.min().item<double>() >= 0);
    BOOST_TEST_CONTEXT(name) BOOST_TEST(similarity(k, build_kernel(name)) > bound);
  }
}

BOOST_AUTO_TEST_CASE(where_nothing_is_to_be_seen_it_says_so) {
  const auto says = [](const std::string& part) {
    return [part](const Error& error) {
      return error.code() == ExitCode::some_failed &&
             std::string(error.what()).find(part) != std::string::npos;
    };
  };
  const auto flat = torch::full({1, 3, 64, 64}, 0.3);
  Rng rng(9);
  const auto ramp = torch::linspace(0, 1, 64).expand({1, 3, 64, 64}).contiguous();
  auto step = flat.clone();  // seen across columns only
  step.narrow(3, 30, 34).fill_(0.8);
  for (const auto& picture : {flat, flat + 0.01 * randn_like(rng, flat), ramp, step})
    BOOST_CHECK_EXCEPTION(estimate_kernel(picture, 9), Error, says("too few edges"));
  BOOST_CHECK_EXCEPTION(estimate_kernel(torch::rand({1, 3, 17, 64}), 9), Error,
                        says("too few to find"));
}

BOOST_AUTO_TEST_CASE(a_kernel_survives_text) {
  const auto k = normalise_kernel(noise(4, 3, 8).abs(), "k");
  // five digits
  BOOST_TEST(testing::relative_difference(build_kernel(kernel_values(k)), k) < 1e-4);
  const testing::TemporaryFolder folder;
  const std::filesystem::path file = std::filesystem::path(folder.path()) / "k.txt";
  save_kernel(k, file);
  BOOST_TEST(testing::relative_difference(load_kernel(file), k) < 1e-4);
  BOOST_CHECK_THROW(save_kernel(2 * k, file, IfExists::fail), NameTaken);
  for (const char* wrong :
       {"values:2,2,1,2,3", "values:2", "values:1.5,2,1,2,3", "values:0,0", "values:1,2,1,-1"})
    BOOST_TEST_CONTEXT(wrong) BOOST_CHECK_THROW(build_kernel(wrong), Error);
}
