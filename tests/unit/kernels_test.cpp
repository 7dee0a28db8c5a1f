// Kernels: their shapes by known values and moments, and what is wrong with a file.
#include "operators/kernel/kernels.h"

#include <fstream>
#include <numbers>

#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/image/image_io.h"
#include "tests/support/comparison.h"
#include "tests/support/temporary_folder.h"

namespace restore {
namespace {

struct Moments {
  double y = 0, x = 0;            // the mean, from the middle, y downwards
  double yy = 0, xx = 0, xy = 0;  // the covariance
};

Moments moments(const torch::Tensor& kernel) {
  const auto k = kernel.accessor<double, 2>();
  const double my = static_cast<double>(kernel.size(0) - 1) / 2;
  const double mx = static_cast<double>(kernel.size(1) - 1) / 2;
  Moments m;
  for (std::int64_t i = 0; i < kernel.size(0); ++i)
    for (std::int64_t j = 0; j < kernel.size(1); ++j) {
      const double y = static_cast<double>(i) - my, x = static_cast<double>(j) - mx, w = k[i][j];
      m.y += w * y;
      m.x += w * x;
      m.yy += w * y * y;
      m.xx += w * x * x;
      m.xy += w * x * y;
    }
  return m;
}

BOOST_AUTO_TEST_CASE(airy_encloses_the_light_that_it_should) {
  // 1 - J0(x)^2 - J1(x)^2 of the light lies within x; at the first dark ring that is 0.83778, at
  // the fifth, where the kernel ends, 0.96134.
  const auto kernel = airy_kernel(12);
  const auto k = kernel.accessor<double, 2>();
  const double middle = static_cast<double>(kernel.size(0) - 1) / 2;
  double inside = 0;
  for (std::int64_t i = 0; i < kernel.size(0); ++i)
    for (std::int64_t j = 0; j < kernel.size(1); ++j)
      if (std::hypot(static_cast<double>(i) - middle, static_cast<double>(j) - middle) <= 12)
        inside += k[i][j];
  // Pixels on the ring are dark: which of them count hardly matters.
  BOOST_TEST(std::abs(inside - 0.83778 / 0.96134) < 2e-3);
}

BOOST_AUTO_TEST_CASE(a_walk_without_bends_is_straight) {
  // Straight: the covariance of its points, less what the pixels add (1/6 along each axis, to 5e-3
  // on this path), has one direction of length^2 / 12, and none across.
  const auto m = moments(walk_kernel(20, 4, 0));
  const double yy = m.yy - 1.0 / 6, xx = m.xx - 1.0 / 6;
  BOOST_TEST(std::abs(yy + xx - 400.0 / 12) < 0.5);
  BOOST_TEST(std::abs(yy * xx - m.xy * m.xy) / (yy + xx) < 5e-3);
  // A bent one is shorter than its path, and another seed is another path.
  const auto bent = moments(walk_kernel(20, 4, 25));
  BOOST_TEST(bent.yy + bent.xx < m.yy + m.xx);
  const auto a = walk_kernel(20, 4, 25), b = walk_kernel(20, 5, 25);
  BOOST_TEST((a.sizes() != b.sizes() || !torch::equal(a, b)));
}

BOOST_AUTO_TEST_CASE(every_kernel_sums_to_1_around_its_middle) {
  for (const char* text :
       {"gaussian:1.6", "gaussian:1.6,25", "gaussian:0.7,1.9,30", "walk:17,3", "walk:9,1,40",
        "airy:2.3", "motion:15,30", "motion:1,0", "disk:3.3", "disk:0.3", "box:4"}) {
    BOOST_TEST_CONTEXT(text) {
      const auto kernel = build_kernel(text);
      BOOST_TEST(std::abs(kernel.sum().item<double>() - 1) < 1e-14);
      BOOST_TEST(std::abs(moments(kernel).y) < 1e-12);
      BOOST_TEST(std::abs(moments(kernel).x) < 1e-12);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_gaussian_has_its_variance) {
  const auto kernel = build_kernel("gaussian:1.6");
  BOOST_TEST((kernel.sizes() == at::IntArrayRef({15, 15})));  // 4 sigma, rounded up
  BOOST_TEST((build_kernel("gaussian:1.6,25").sizes() == at::IntArrayRef({25, 25})));
  // Cutting at 4 sigma and sampling at the pixels leave 1e-3 of the variance.
  BOOST_TEST(std::abs(moments(kernel).xx / (1.6 * 1.6) - 1) < 2e-3);
  BOOST_TEST(std::abs(moments(kernel).xy) < 1e-12);
}

BOOST_AUTO_TEST_CASE(an_anisotropic_gaussian_points_where_it_is_told) {
  const auto m = moments(build_kernel("gaussian:2.5,1.2,30"));
  // C = R(30) diag(2.5^2, 1.2^2) R(30)^T with y downwards: the long axis rises to the right.
  const double a = 2.5 * 2.5, b = 1.2 * 1.2;
  BOOST_TEST(std::abs(m.xx / (0.75 * a + 0.25 * b) - 1) < 5e-3);
  BOOST_TEST(std::abs(m.yy / (0.25 * a + 0.75 * b) - 1) < 5e-3);
  BOOST_TEST(std::abs(m.xy / (-std::sqrt(3.0) / 4 * (a - b)) - 1) < 5e-3);
}

BOOST_AUTO_TEST_CASE(a_level_motion_is_a_box_of_its_length) {
  const auto kernel = build_kernel("motion:5,0");
  BOOST_TEST((kernel.sizes() == at::IntArrayRef({1, 5})));
  BOOST_TEST(testing::largest_difference(kernel, torch::full({1, 5}, 0.2, torch::kFloat64)) <
             1e-14);
  BOOST_TEST((build_kernel("motion:5,90").sizes() == at::IntArrayRef({5, 1})));
  // Ends that cover a part of a pixel: 4 = 1/2 + 3 + 1/2.
  const auto even = build_kernel("motion:4,0");
  BOOST_TEST(std::abs(even[0][0].item<double>() - 0.125) < 1e-14);
}

// A flat shape, by counting the points of a fine grid that lie inside; x to the right, y upwards.
template <typename Inside>
torch::Tensor counted(std::int64_t rows, std::int64_t columns, const Inside& inside) {
  constexpr int kFine = 100;
  auto kernel = torch::zeros({rows, columns}, torch::kFloat64);
  auto k = kernel.accessor<double, 2>();
  for (std::int64_t i = 0; i < rows * kFine; ++i)
    for (std::int64_t j = 0; j < columns * kFine; ++j) {
      const double y = static_cast<double>(rows) / 2 - (static_cast<double>(i) + 0.5) / kFine;
      const double x = (static_cast<double>(j) + 0.5) / kFine - static_cast<double>(columns) / 2;
      k[i / kFine][j / kFine] += inside(y, x) ? 1 : 0;
    }
  return kernel / kernel.sum();
}

// Counting errs by a point's width along the rim of a pixel, the maker by 1e-3 of a pixel.
constexpr double kCounting = 0.01;

BOOST_AUTO_TEST_CASE(a_motion_is_the_area_of_a_rectangle) {
  const double angle = 35 * std::numbers::pi / 180, c = std::cos(angle), s = std::sin(angle);
  const auto kernel = build_kernel("motion:15,35");
  const auto expected = counted(kernel.size(0), kernel.size(1), [&](double y, double x) {
    return std::abs(c * x + s * y) <= 7.5 && std::abs(-s * x + c * y) <= 0.5;
  });
  BOOST_TEST(testing::largest_difference(kernel, expected) * 15 < kCounting);
  BOOST_TEST(moments(kernel).xy < 0);  // rises to the right
}

BOOST_AUTO_TEST_CASE(a_disk_is_the_area_of_a_disk) {
  for (const double radius : {0.4, 2.0, 4.5}) {
    const auto kernel = disk_kernel(radius);
    const auto expected = counted(kernel.size(0), kernel.size(1), [&](double y, double x) {
      return y * y + x * x <= radius * radius;
    });
    const double area = std::numbers::pi * radius * radius;
    BOOST_TEST(testing::largest_difference(kernel, expected) * area < kCounting);
  }
  BOOST_TEST((build_kernel("disk:4.5").sizes() == at::IntArrayRef({9, 9})));
}

BOOST_AUTO_TEST_CASE(even_kernels_have_their_middle_between_pixels) {
  for (const auto& kernel :
       {gaussian_kernel(1.2, 1.2, 0, 0, SizeParity::even), disk_kernel(2.2, SizeParity::even),
        motion_kernel(6, 20, SizeParity::even)}) {
    BOOST_TEST(kernel.size(0) % 2 == 0);
    BOOST_TEST(kernel.size(1) % 2 == 0);
    BOOST_TEST(std::abs(moments(kernel).x) < 1e-12);
  }
}

struct KernelFiles {
  testing::TemporaryFolder folder;

  std::filesystem::path text(const std::string& content) const {
    const auto path = folder.path() / "k.txt";
    std::ofstream(path) << content;
    return path;
  }
  std::string complaint(const std::string& content) const {
    try {
      load_kernel(text(content));
    } catch (const Error& error) {
      BOOST_TEST((error.code() == ExitCode::usage));
      return error.what();
    }
    return "no complaint";
  }
};

BOOST_FIXTURE_TEST_CASE(a_text_file_is_read_and_normalised, KernelFiles) {
  const auto kernel = load_kernel(text("2 3\n1 0 -1\n2 1e0 5\n"));
  const auto expected = torch::tensor({{1.0, 0.0, -1.0}, {2.0, 1.0, 5.0}}, torch::kFloat64) / 8;
  BOOST_TEST(testing::largest_difference(kernel, expected) < 1e-15);
  BOOST_TEST(torch::equal(build_kernel("k.txt", folder.path()), kernel));
  BOOST_TEST(torch::equal(build_kernel(fmt::format("\"{}\"", (folder.path() / "k.txt").string())),
                          kernel));
}

BOOST_FIXTURE_TEST_CASE(a_picture_is_a_kernel_too, KernelFiles) {
  Image image;
  image.colour = torch::zeros({1, 3, 3, 2});
  image.colour[0].select(1, 1).select(1, 0).fill_(0.5);
  image.colour[0].select(1, 2).select(1, 1).fill_(1.0);
  image.sample_type = SampleType::uint16;
  save_image(image, folder.path() / "k.png");
  const auto kernel = build_kernel("k.png", folder.path());
  BOOST_TEST((kernel.sizes() == at::IntArrayRef({3, 2})));
  // 16 bits hold 0.5 to 1e-5.
  BOOST_TEST(std::abs(kernel[1][0].item<double>() - 1.0 / 3) < 1e-5);
  BOOST_TEST(std::abs(kernel[2][1].item<double>() - 2.0 / 3) < 1e-5);
}

BOOST_FIXTURE_TEST_CASE(what_is_wrong_with_a_file_is_said, KernelFiles) {
  const auto says = [&](const std::string& content, const std::string& part) {
    const auto message = complaint(content);
    BOOST_TEST(message.find("k.txt") != std::string::npos, message);
    BOOST_TEST(message.find(part) != std::string::npos, message);
    BOOST_TEST(message.find('\n') == std::string::npos, message);
  };
  says("", "rows columns");
  says("3\n1 2 3", "row 3, column 1");  // 3 rows, 1 column
  says("0 3\n", "rows columns");
  says("99999 99999\n", "rows columns");
  says("2 2\n1 2\n3", "row 2, column 2");
  says("2 2\n1 x\n3 4", "row 1, column 2");
  says("1 2\n1 2\n3", "after");
  says("1 2\n1 -1", "sums to 0");
  says("1 2\n1 inf", "row 1, column 2");
}

}  // namespace
}  // namespace restore
