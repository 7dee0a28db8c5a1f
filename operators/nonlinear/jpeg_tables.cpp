#include "operators/nonlinear/jpeg_tables.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace restore {
namespace {

constexpr int kLuma[64] = {16, 11, 10, 16, 24,  40,  51,  61,   //
                           12, 12, 14, 19, 26,  58,  60,  55,   //
                           14, 13, 16, 24, 40,  57,  69,  56,   //
                           14, 17, 22, 29, 51,  87,  80,  62,   //
                           18, 22, 37, 56, 68,  109, 103, 77,   //
                           24, 35, 55, 64, 81,  104, 113, 92,   //
                           49, 64, 78, 87, 103, 121, 120, 101,  //
                           72, 92, 95, 98, 112, 100, 103, 99};
constexpr int kChroma[64] = {17, 18, 24, 47, 99, 99, 99, 99,  //
                             18, 21, 26, 66, 99, 99, 99, 99,  //
                             24, 26, 56, 99, 99, 99, 99, 99,  //
                             47, 66, 99, 99, 99, 99, 99, 99,  //
                             99, 99, 99, 99, 99, 99, 99, 99,  //
                             99, 99, 99, 99, 99, 99, 99, 99,  //
                             99, 99, 99, 99, 99, 99, 99, 99,  //
                             99, 99, 99, 99, 99, 99, 99, 99};

}  // namespace

torch::Tensor jpeg_steps(int quality, bool chroma) {
  const int percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  auto steps = torch::empty({8, 8}, torch::kFloat64);
  const int* table = chroma ? kChroma : kLuma;
  std::transform(table, table + 64, steps.data_ptr<double>(), [&](int step) {
    return static_cast<double>(std::clamp((step * percent + 50) / 100, 1, 255));
  });
  return steps / 255;
}

torch::Tensor jpeg_cosines() {
  auto cosines = torch::empty({8, 8}, torch::kFloat64);
  auto c = cosines.accessor<double, 2>();
  for (int k = 0; k < 8; ++k)
    for (int i = 0; i < 8; ++i)
      c[k][i] =
          (k == 0 ? std::sqrt(0.125) : 0.5) * std::cos(std::numbers::pi * k * (2 * i + 1) / 16);
  return cosines;
}

torch::Tensor jpeg_colour_matrix() {
  // Rec. 601: luma, and differences of blue and red from it scaled to [-1/2, 1/2].
  constexpr double kRed = 0.299, kGreen = 0.587, kBlue = 0.114;
  const double b = 0.5 / (1 - kBlue), r = 0.5 / (1 - kRed);
  return torch::tensor(
      {{kRed, kGreen, kBlue}, {-b * kRed, -b * kGreen, 0.5}, {0.5, -r * kGreen, -r * kBlue}},
      torch::kFloat64);
}

}  // namespace restore
