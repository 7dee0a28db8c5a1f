// Wang, Bovik, Sheikh, Simoncelli 2004, "Image quality assessment: from error visibility to
// structural similarity", https://doi.org/10.1109/TIP.2003.819861; section III-B.
#include "librestore/metric/ssim.h"

#include <array>
#include <numeric>

#include "librestore/core/error.h"
#include "librestore/metric/same_size.h"

namespace restore {
namespace {

constexpr int kWindow = kSsimWindow;
constexpr double kSigma = 1.5;       // px
constexpr double kC1 = 1e-4;         // (K1 L)^2, K1 = 0.01, L = 1
constexpr double kC2 = 9e-4;         // (K2 L)^2, K2 = 0.03
constexpr std::int64_t kStrip = 64;  // output rows at once: bounds memory, keeps the maps in cache

std::array<double, kWindow> gaussian_window() {
  std::array<double, kWindow> w;
  for (int i = 0; i < kWindow; ++i) {
    const double t = (i - kWindow / 2) / kSigma;
    w[i] = std::exp(-t * t / 2);
  }
  const double total = std::accumulate(w.begin(), w.end(), 0.0);
  for (double& value : w) value /= total;
  return w;
}

// sum_i w_i maps[.. i + k ..] along `dim`, where the window fits. Elementwise, so the value of a
// pixel depends neither on the strip it was in nor on the number of threads.
torch::Tensor weighted_means(const torch::Tensor& maps, int dim) {
  static const auto w = gaussian_window();
  const auto length = maps.size(dim) - kWindow + 1;
  auto means = maps.narrow(dim, 0, length) * w[0];
  for (int i = 1; i < kWindow; ++i) means.add_(maps.narrow(dim, i, length), w[i]);
  return means;
}

// The sum of the SSIM map over the rows that this strip of x and y, H x W in float64, has windows
// for.
double sum_of_ssim(const torch::Tensor& x, const torch::Tensor& y) {
  const auto moments = torch::stack({x, y, x * x, y * y, x * y});
  const auto means = weighted_means(weighted_means(moments, 1), 2);
  const auto mu_x = means[0], mu_y = means[1];
  const auto mu_xx = mu_x * mu_x, mu_yy = mu_y * mu_y, mu_xy = mu_x * mu_y;
  const auto var_x = means[2] - mu_xx, var_y = means[3] - mu_yy, cov = means[4] - mu_xy;
  // SSIM = (2 mu_x mu_y + C1)(2 sigma_xy + C2) / ((mu_x^2 + mu_y^2 + C1)(sigma_x^2 + sigma_y^2 +
  // C2))
  const auto map =
      ((2 * mu_xy + kC1) * (2 * cov + kC2) / ((mu_xx + mu_yy + kC1) * (var_x + var_y + kC2)))
          .contiguous();
  const double* values = map.data_ptr<double>();
  return std::accumulate(values, values + map.numel(), 0.0);
}

double ssim_of_plane(const torch::Tensor& x, const torch::Tensor& y) {
  const auto rows = x.size(0) - kWindow + 1, columns = x.size(1) - kWindow + 1;
  double sum = 0;
  for (std::int64_t top = 0; top < rows; top += kStrip) {
    const auto height = std::min(kStrip, rows - top) + kWindow - 1;
    sum += sum_of_ssim(x.narrow(0, top, height).to(torch::kFloat64),
                       y.narrow(0, top, height).to(torch::kFloat64));
  }
  return sum / static_cast<double>(rows * columns);
}

}  // namespace

std::vector<double> ssim_per_channel(const torch::Tensor& reference, const torch::Tensor& image) {
  check_same_size(reference, image);
  if (std::min(image.size(2), image.size(3)) < kWindow)
    throw item_error(
        "SSIM looks through a window of {0}x{0} px, and a picture of {1}x{2} px has no "
        "room for it: compare larger pictures",
        kWindow, image.size(3), image.size(2));
  std::vector<double> values;
  for (std::int64_t c = 0; c < reference.size(1); ++c)
    values.push_back(ssim_of_plane(reference[0][c], image[0][c]));
  return values;
}

double ssim(const torch::Tensor& reference, const torch::Tensor& image) {
  const auto values = ssim_per_channel(reference, image);
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace restore
