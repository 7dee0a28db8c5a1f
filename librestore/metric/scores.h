// What a picture scores against its reference, and what a set of pictures scores on average.
#pragma once

#include <optional>
#include <vector>

#include <torch/types.h>

#include "librestore/core/json.h"

namespace restore {

struct Scores {
  double psnr = 0;                   // dB, over all channels; infinite for equal pictures
  std::vector<double> channel_psnr;  // dB
  std::optional<double> ssim;        // mean over channels; empty when a side has no room for it
  std::vector<double> channel_ssim;
};

// Two 1 x C x H x W pictures of one size, values as they are; item error when the sizes differ.
Scores score(const torch::Tensor& reference, const torch::Tensor& image);

// The mean of each number, of decibels too: what papers report for a data set. A number that some
// pictures lack (SSIM of a tiny one, the third channel of a grey one) is left out. At least one.
Scores mean_scores(const std::vector<Scores>& all);

// Infinity, which JSON does not have, becomes null.
Json to_json(const Scores& scores);

}  // namespace restore
