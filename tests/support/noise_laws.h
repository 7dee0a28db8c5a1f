// The laws of librestore/model/noise_model.h, as checks on one model.
#pragma once

#include <torch/types.h>

#include "librestore/model/noise_model.h"

namespace restore::testing {

// Whether the numbers, independent and alike, have this mean: within five of their standard errors,
// and rounding where they do not vary.
bool has_mean(const torch::Tensor& numbers, const torch::Tensor& expected);

// N1: over `kDraws` pictures, mean and variance of sample(z) at every level of grey and in every
// one of three channels lie within five standard errors of z and variance(z).
void check_noise_moments(const NoiseModel& noise);
// N2: gradient against central differences of negative_log_likelihood in float64.
void check_noise_gradient(const NoiseModel& noise);
// N3: mean square and covariance with neighbours of whitening(z)(sample(z) - z) within five
// standard errors of sigma^2 and 0.
void check_whitening(const NoiseModel& noise);
// The same stream gives the same noise, the next step another, and a batch what its items get.
void check_noise_stream(const NoiseModel& noise);

void check_noise_laws(const NoiseModel& noise);

}  // namespace restore::testing
