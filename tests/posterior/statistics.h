// Are these samples from that distribution? Distances in standard errors, p-values, sliced W1.
#pragma once

#include <vector>

#include <torch/types.h>

namespace restore::testing {

// The largest |m_i - mean_i| / sqrt(C_ii / K) over the coordinates of K independent samples, K x d,
// of N(mean, C).
double mean_error(const torch::Tensor& samples, const torch::Tensor& mean,
                  const torch::Tensor& covariance);

// The largest |S_ij - C_ij| / sqrt((C_ii C_jj + C_ij^2) / K) of the sample covariance S.
double covariance_error(const torch::Tensor& samples, const torch::Tensor& covariance);

torch::Tensor sample_covariance(const torch::Tensor& samples);

// The probability that counts of equally likely cells are at least as uneven as these (Pearson).
double uniformity_p_value(const std::vector<int>& counts);

// Mean over `directions` random unit vectors of the Wasserstein-1 distance between the projections
// of two sets of as many samples, K x d. The directions are those of `seed`.
double sliced_wasserstein(const torch::Tensor& a, const torch::Tensor& b, int directions = 1000,
                          std::uint64_t seed = 0);

}  // namespace restore::testing
