// The laws of librestore/model/denoiser.h that hold for every denoiser, as checks on one of them.
// Each check reports through Boost.Test; `denoiser` names itself in the messages.
#pragma once

#include "librestore/model/denoiser.h"

namespace restore::testing {

// D1: shape and type of D(x, sigma) are those of x, any H, W >= 1; the values are finite, also far
// outside [0,1].
void check_shape_and_type(const Denoiser& denoiser);

// D2: D(x, 0) = x, bit for bit.
void check_identity_without_noise(const Denoiser& denoiser);

// D3: a change further away than receptive_field() pixels changes nothing, bit for bit.
void check_receptive_field(const Denoiser& denoiser);

// The items of a batch are independent, and the same call gives the same answer.
void check_batch(const Denoiser& denoiser);

// It denoises: at 5, 25 and 75/255 D(x0 + sigma n, sigma) is closer to a smooth picture x0 than the
// noisy one, by a tenth of the squared error at least.
void check_denoises(const Denoiser& denoiser);

// All of the above.
void check_denoiser_laws(const Denoiser& denoiser);

}  // namespace restore::testing
