#include "tools/restoration/inpaint.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "librestore/core/error.h"
#include "librestore/model/sub_progress.h"
#include "operators/sampling/mask.h"
#include "operators/whitened.h"
#include "priors/patch/self.h"
#include "tools/restoration/hole_regions.h"
#include "tools/restoration/record.h"

namespace restore {
namespace {

// How far around a hole the picture is looked at: a prior's reach, within reason.
constexpr int kLeastMargin = 32, kMostMargin = 96, kUnboundedMargin = 48;
constexpr int kSelfMargin = 256;  // where the picture itself is all that there is to copy from

std::int64_t pixels_of(const std::vector<HoleRegion>& regions) {
  std::int64_t pixels = 0;
  for (const auto& region : regions) pixels += region.context.area();
  return pixels;
}

// The summaries of regions as one: that of the most steps, with the calls of all and the worst last
// move.
class Total {
 public:
  // `values`, `known`: of the region's measurement. A mask's residual counts missing values too, as
  // explained; here they do not count.
  void add(const Summary& summary, double values, double known) {
    squares_ += values * summary.data_residual * summary.data_residual;
    known_ += known;
    const int calls = slowest_.denoiser_calls + summary.denoiser_calls;
    const double move = std::max(slowest_.fixed_point_residual, summary.fixed_point_residual);
    if (summary.iterations >= slowest_.iterations) slowest_ = summary;
    slowest_.denoiser_calls = calls;
    slowest_.fixed_point_residual = move;
  }
  Summary summary() const {
    auto total = slowest_;
    // A part of a picture may have no hole.
    total.data_residual = known_ > 0 ? std::sqrt(squares_ / known_) : 0;
    return total;
  }
  double known() const { return known_; }

 private:
  Summary slowest_;
  double squares_ = 0, known_ = 0;
};

}  // namespace

std::int64_t inpainting_margin(const Denoiser& prior) {
  if (dynamic_cast<const SelfPrior*>(&prior)) return kSelfMargin;
  const auto reach = prior.receptive_field();
  return reach ? std::clamp(*reach, kLeastMargin, kMostMargin) : kUnboundedMargin;
}

Inpainted inpaint(const Restorer& restorer, const torch::Tensor& colour, const torch::Tensor& holes,
                  const Part& part, std::uint64_t image, Observer& observer,
                  const std::shared_ptr<const NoiseModel>& given_noise) {
  if (holes.all().item<bool>())
    throw item_error("a hole is larger than a part of the picture; raise --max-memory");
  const auto regions = hole_regions(holes, inpainting_margin(restorer.prior()));
  // Shares of the pixels in thousandths, which no number of steps makes too large.
  const std::int64_t all = pixels_of(regions);
  const auto share = [&](std::int64_t pixels) { return static_cast<int>(1000 * pixels / all); };
  std::int64_t done = 0;
  // 0 counts as clipped, which keeps holes out of an estimate of the noise.
  const auto known = colour.masked_fill(holes, 0);
  auto noise = given_noise;
  if (!noise && part.found) noise = part.found;
  if (!noise) noise = restorer.noise().of(known, 0);
  const auto here = part.noise(noise, known.size(1));
  const Measurement whole{known, std::make_shared<Mask>(shape_of(known), holes), here};
  Circumstances now{
      .noise = here, .range = part.is_whole() ? range_of(known) : part.range, .image = image};
  const auto at_pilot = noise_at_pilot(whole);
  auto filled = colour.clone();
  torch::Tensor deviation;
  Total total;
  std::string remark;
  for (const auto& [core, context] : regions) {
    const int before = share(std::exchange(done, done + context.area()));
    SubProgress progress(&observer, before, share(done) - before, 1000);
    const auto y = cut(known, context).contiguous();
    const auto missing = cut(holes, context);
    const auto A = std::make_shared<Mask>(shape_of(y), missing);
    now.y0 = part.window.y0 + context.y0;
    now.x0 = part.window.x0 + context.x0;
    if (at_pilot != here) now.noise = at_pilot->part(context, shape_of(known));
    const auto restored = restorer.restore(y, A, now, progress);
    const auto values = static_cast<double>(y.numel());
    const double fraction = missing.to(torch::kFloat64).mean().item<double>();
    if (remark.empty()) remark = restored.remark;
    total.add(restored.summary, values, values * (1 - fraction));
    const auto inner = core.inside(context);
    const auto fill = [&](const torch::Tensor& picture, const torch::Tensor& from) {
      auto target = cut(picture, core);
      target.copy_(torch::where(cut(holes, core), cut(from, inner), target));
    };
    fill(filled, restored.estimate);
    if (!restored.deviation.defined()) continue;
    if (!deviation.defined()) deviation = torch::zeros_like(colour);
    fill(deviation, restored.deviation);
  }
  auto record = record_of(total.summary(), *noise);
  if (!remark.empty()) record["remark"] = remark;
  record["regions"] = regions.size();
  record["computed_pixels"] = all;
  return {filled, deviation, std::move(record), total.known()};
}

}  // namespace restore
