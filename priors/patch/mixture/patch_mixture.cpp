// Zoran, Weiss 2011, "From learning models of natural image patches to whole image restoration",
// https://doi.org/10.1109/ICCV.2011.6126278
#include "priors/patch/mixture/patch_mixture.h"

#include <algorithm>
#include <cmath>

#include <Eigen/Eigenvalues>

#include "librestore/core/parallel.h"
#include "priors/patch/mixture/mixture_kernels.h"

namespace restore {
namespace {

using Matrix = Eigen::Matrix<double, kPatchValues, kPatchValues, Eigen::RowMajor>;

constexpr int kDimensions = kPatchValues - 1;  // of patches without their mean
constexpr double kTailSpread = 0.05;

// How many of the eigenvalues keep their own place; `tail` becomes the mean of the others.
int split_spectrum(const std::vector<double>& eigenvalues, double s2, double floor, double& tail) {
  double sum = 0, squares = 0;
  int rank = kDimensions;
  tail = std::max(eigenvalues.back(), floor);
  while (rank > 0) {
    const double next = std::max(eigenvalues[rank - 1], floor);
    const double n = kDimensions - rank + 1;
    const double total = sum + next, total_squares = squares + next * next;
    const double mean = total / n;
    // sum (l_i - l)^2 / (l + s^2)^2
    const double spread = total_squares - n * mean * mean;
    if (spread > kTailSpread * (mean + s2) * (mean + s2)) break;
    sum = total;
    squares = total_squares;
    tail = mean;
    --rank;
  }
  return rank;
}

}  // namespace

MixtureSpectra spectra_of(const PatchMixture& mixture) {
  const auto K = mixture.size();
  const auto covariances = mixture.covariances.contiguous();
  MixtureSpectra spectra;
  spectra.eigenvalues.resize(K);
  spectra.vectors.resize(K);
  for (std::int64_t k = 0; k < K; ++k)
    spectra.log_weights.push_back(std::log(mixture.weights[k].item<double>()));
  parallel_ranges(K, 8, [&](std::int64_t begin, std::int64_t end) {
    // Patches have no mean: P C P, P = I - 1 1^T / 64, lacks what rounding in a file has put there.
    const Matrix P = Matrix::Identity() - Matrix::Constant(1.0 / kPatchValues);
    for (std::int64_t k = begin; k < end; ++k) {
      const Eigen::Map<const Matrix> C(covariances.data_ptr<double>() +
                                       k * kPatchValues * kPatchValues);
      // The mean's own direction gets -1, below all others.
      const Matrix centred = P * C * P - Matrix::Constant(1.0 / kPatchValues);
      const Eigen::SelfAdjointEigenSolver<Matrix> solver(centred);
      for (int i = kPatchValues - 1; i > 0; --i) {
        spectra.eigenvalues[k].push_back(std::max(0.0, solver.eigenvalues()[i]));
        for (int j = 0; j < kPatchValues; ++j)
          spectra.vectors[k].push_back(static_cast<float>(solver.eigenvectors()(j, i)));
      }
    }
  });
  return spectra;
}

NoisyMixture::NoisyMixture(const MixtureSpectra& spectra, double s, double floor) {
  const double s2 = s * s;
  for (std::size_t k = 0; k < spectra.eigenvalues.size(); ++k) {
    const auto& eigenvalues = spectra.eigenvalues[k];
    double tail = 0;
    const int rank = split_spectrum(eigenvalues, s2, floor, tail);
    const int padded = (rank + 3) / 4 * 4;
    first_.push_back(excess_.size());
    ranks_.push_back(padded);
    tails_.push_back(static_cast<float>(1 / (tail + s2)));
    tail_gains_.push_back(static_cast<float>(tail / (tail + s2)));
    // log w_k - 1/2 log det(C_k + s^2 I)
    double offset = spectra.log_weights[k] - 0.5 * (kDimensions - rank) * std::log(tail + s2);
    for (int i = 0; i < padded; ++i) {
      const double l = i < rank ? std::max(eigenvalues[i], floor) : tail;
      if (i < rank) offset -= 0.5 * std::log(l + s2);
      excess_.push_back(static_cast<float>(1 / (l + s2) - 1 / (tail + s2)));
      gains_.push_back(static_cast<float>(l / (l + s2) - tail / (tail + s2)));
      for (int j = 0; j < kPatchValues; ++j)
        rows_.push_back(i < rank ? spectra.vectors[k][i * kPatchValues + j] : 0);
    }
    offsets_.push_back(static_cast<float>(offset));
  }
  quads_.resize(rows_.size());
  for (std::size_t q = 0; q < rows_.size() / (4 * kPatchValues); ++q)
    for (int a = 0; a < 4; ++a)
      for (int j = 0; j < kPatchValues; ++j)
        quads_[(q * kPatchValues + j) * 4 + a] = rows_[(q * 4 + a) * kPatchValues + j];
}

kernels::MixtureTable NoisyMixture::table() const {
  return {size(),         ranks_.data(), first_.data(),  quads_.data(),
          excess_.data(), tails_.data(), offsets_.data()};
}

void NoisyMixture::log_densities(const float* z, float* out) const {
  kernels::mixture_log_densities(table(), z, out);
}

std::array<int, NoisyMixture::kGroup> NoisyMixture::likeliest(const float* z, int guess) const {
  float best[kGroup], which[kGroup];
  kernels::mixture_likeliest(table(), z, guess, best, which);
  std::array<int, kGroup> components;
  for (int i = 0; i < kGroup; ++i) components[i] = static_cast<int>(which[i]);
  return components;
}

void NoisyMixture::shrink(int k, float* z) const {
  kernels::mixture_shrink(rows_.data() + first_[k] * kPatchValues, gains_.data() + first_[k],
                          ranks_[k], tail_gains_[k], z);
}

double NoisyMixture::mean_rank() const {
  return static_cast<double>(excess_.size()) / static_cast<double>(ranks_.size());
}

}  // namespace restore
