#include "librestore/metric/scores.h"

#include <numeric>

#include "librestore/metric/psnr.h"
#include "librestore/metric/ssim.h"

namespace restore {
namespace {

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// The mean of `member` channel by channel; empty unless all have the same number of channels.
std::vector<double> mean_channels(const std::vector<Scores>& all,
                                  std::vector<double> Scores::*member) {
  std::vector<double> mean((all.front().*member).size());
  for (const auto& scores : all) {
    if ((scores.*member).size() != mean.size()) return {};
    for (std::size_t c = 0; c < mean.size(); ++c)
      mean[c] += (scores.*member)[c] / static_cast<double>(all.size());
  }
  return mean;
}

}  // namespace

Scores score(const torch::Tensor& reference, const torch::Tensor& image) {
  Scores scores;
  scores.psnr = psnr(reference, image);
  scores.channel_psnr = psnr_per_channel(reference, image);
  if (std::min(image.size(2), image.size(3)) >= kSsimWindow) {
    scores.channel_ssim = ssim_per_channel(reference, image);
    scores.ssim = mean_of(scores.channel_ssim);
  }
  return scores;
}

Scores mean_scores(const std::vector<Scores>& all) {
  std::vector<double> psnrs, ssims;
  for (const auto& scores : all) {
    psnrs.push_back(scores.psnr);
    if (scores.ssim) ssims.push_back(*scores.ssim);
  }
  Scores mean;
  mean.psnr = mean_of(psnrs);
  mean.channel_psnr = mean_channels(all, &Scores::channel_psnr);
  if (ssims.size() == all.size()) mean.ssim = mean_of(ssims);
  mean.channel_ssim = mean_channels(all, &Scores::channel_ssim);
  return mean;
}

Json to_json(const Scores& scores) {
  return {{"psnr", scores.psnr},
          {"psnr_per_channel", scores.channel_psnr},
          {"ssim", scores.ssim ? Json(*scores.ssim) : Json()},
          {"ssim_per_channel", scores.channel_ssim}};
}

}  // namespace restore
