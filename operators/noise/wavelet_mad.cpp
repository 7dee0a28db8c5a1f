#include "operators/noise/wavelet_mad.h"

#include "operators/convolution/correlation.h"

namespace restore {
namespace {

constexpr double kDetail[] = {-0.23037781330885523,  0.7148465705525415,   -0.6308807679295904,
                              -0.02798376941698385,  0.18703481171888114,  0.030841381835986965,
                              -0.032883011666982945, -0.010597401784997278};
constexpr std::int64_t kTaps = 8;
constexpr double kNormalMedian = 0.6744897501960817;  // of |n|, n ~ N(0, 1)

// Keeps every second row and column of the pixels whose filter lies inside the frame.
torch::Tensor diagonal_detail(const torch::Tensor& x) {
  auto filter = torch::empty({kTaps}, torch::kFloat64);
  std::copy(std::begin(kDetail), std::end(kDetail), filter.data_ptr<double>());
  const Correlation detail(filter.unsqueeze(1) * filter.unsqueeze(0),
                           extend_with_zeros(x.size(2), 0, 0), extend_with_zeros(x.size(3), 0, 0));
  return detail(x).slice(2, 0, {}, 2).slice(3, 0, {}, 2);
}

// The pixel in the middle of each filter.
torch::Tensor middles(const torch::Tensor& x) {
  const auto rows = x.slice(2, kTaps / 2 - 1, x.size(2) - kTaps / 2, 2);
  return rows.slice(3, kTaps / 2 - 1, x.size(3) - kTaps / 2, 2);
}

}  // namespace

double wavelet_mad_sigma(const torch::Tensor& x) {
  const auto size = diagonal_detail(x).abs();
  const auto pixel = middles(x);
  const auto seen = size.masked_select(pixel.gt(0).logical_and(pixel.lt(1)));
  return (seen.numel() > 0 ? seen : size.flatten()).median().item<double>() / kNormalMedian;
}

}  // namespace restore
