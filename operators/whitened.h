// Methods know one sigma; instruments do not. A measurement with any noise as one with white noise:
//
//   W y = W A(x) + W n,   W = sigma C^(-1/2)   (librestore/model/whitening.h)
//
// The operator W A climbs as high as it can. It is spectral where W is diagonal in the basis of A:
// under independent noise where A measures pixels, coefficients or one mixture of the channels one
// by one (masks, mosaics, crops, Fourier and Hadamard sampling, grey); under noise with one level a
// channel also for downsampling and for circular or reflected blur; under stationary noise for
// circular blur and matrices of colours. It is a linear one, whose prox is found by conjugate
// gradients in the measurement's space, where A is linear; else one with a vjp.
//
// Methods that ask for a spectrum where W A has none get noise that is made white by more of it:
//
//   y + m = A(x) + (n + m),   m ~ N(0, sigma^2 I - C),   sigma^2 = ||C||
//
// A stays as it is, and the posterior is that of y + m, which tells less of x than y does: a method
// that takes W A is to be preferred.
//
// Where C depends on the noiseless measurement (Poisson) it is taken at a pilot, what A makes of
// the smoothed initial estimate: the likelihood is that of Gaussian noise with this covariance.
#pragma once

#include "librestore/core/rng.h"
#include "librestore/model/measurement.h"
#include "librestore/model/whitening.h"

namespace restore {

// W A, whose initial estimate for W y is that of A for y.
std::shared_ptr<const Operator> whitened(const std::shared_ptr<const Operator>& A,
                                         const Whitening& W);

// W at the pilot, with the root mean variance of y's own noise for sigma. y: batch 1 or noise that
// all items share.
Whitening whitening_of(const Measurement& measurement, double floor = kSigmaFloor);

// W y and W A.
Measurement whitened(const Measurement& measurement, const Whitening& W);
// The same with W = whitening_of(measurement); the measurement itself where its noise is white.
Measurement whitened(const Measurement& measurement, double floor = kSigmaFloor);

// The sigma that whitened(measurement) has.
double white_level(const Measurement& measurement, double floor = kSigmaFloor);

// y + m, A and white noise, as above. m is drawn from `rng`.
Measurement filled_to_white(const Measurement& measurement, const Whitening& W, Rng& rng);

// The covariance at the pilot as a noise model of its own, whose parts are those of the
// measurement. White noise and correlations stay as they are.
std::shared_ptr<const NoiseModel> noise_at_pilot(const Measurement& measurement);

}  // namespace restore
