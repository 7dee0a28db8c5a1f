#include "tools/common/inpaint.h"

#include <algorithm>
#include <vector>

#include "operators/sampling/mask.h"
#include "operators/whitened.h"
#include "priors/patch/self.h"
#include "tools/common/hole_regions.h"
#include "tools/common/picture_run.h"

namespace restore {
namespace {

// How far around a hole the picture is looked at: a prior's reach, within reason.
constexpr int kLeastMargin = 32, kMostMargin = 96, kUnboundedMargin = 48;
constexpr int kSelfMargin = 256;  // where the picture itself is all that there is to copy from

// The regions' steps as steps of the whole picture, by the pixels they take.
class RegionProgress : public Observer {
 public:
  RegionProgress(Observer& observer, std::int64_t total) : observer_(observer), total_(total) {}

  void enter(std::int64_t pixels) {
    done_ += current_;
    current_ = pixels;
  }
  bool step(const StepReport& report) override {
    auto whole = report;
    const auto inside = current_ * report.iteration / report.iterations;
    whole.iterations = 100;
    whole.iteration = static_cast<int>(100 * (done_ + inside) / total_);
    return observer_.step(whole);
  }

 private:
  Observer& observer_;
  std::int64_t total_, done_ = 0, current_ = 0;
};

std::int64_t pixels_of(const std::vector<HoleRegion>& regions) {
  std::int64_t pixels = 0;
  for (const auto& region : regions) pixels += region.context.area();
  return pixels;
}

// The summaries of regions as one.
class Total {
 public:
  // `values`, `known`: of the region's measurement. A mask's residual counts missing values too, as
  // explained; here they do not count.
  void add(const Summary& summary, double values, double known) {
    squares_ += values * summary.data_residual * summary.data_residual;
    known_ += known;
    const int calls = slowest_.denoiser_calls + summary.denoiser_calls;
    if (summary.iterations >= slowest_.iterations) slowest_ = summary;
    slowest_.denoiser_calls = calls;
  }
  Summary summary() const {
    auto total = slowest_;
    total.data_residual = std::sqrt(squares_ / known_);
    return total;
  }

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
  const auto regions = hole_regions(holes, inpainting_margin(restorer.prior()));
  RegionProgress progress(observer, pixels_of(regions));
  // 0 counts as clipped, which keeps holes out of an estimate of the noise.
  const auto known = colour.masked_fill(holes, 0);
  auto noise = given_noise;
  if (!noise && part.found) noise = part.found;
  if (!noise) noise = restorer.noise().of(known, 0);
  noise = part.noise(noise, known.size(1));
  const Measurement whole{known, std::make_shared<Mask>(shape_of(known), holes), noise};
  Circumstances now{
      .noise = noise, .range = part.is_whole() ? range_of(known) : part.range, .image = image};
  const auto at_pilot = noise_at_pilot(whole);
  auto filled = colour.clone();
  torch::Tensor deviation;
  Total total;
  std::string remark;
  for (const auto& [core, context] : regions) {
    progress.enter(context.area());
    const auto y = crop(known, context).contiguous();
    const auto missing = crop(holes, context);
    const auto A = std::make_shared<Mask>(shape_of(y), missing);
    now.y0 = part.window.y0 + context.top;
    now.x0 = part.window.x0 + context.left;
    if (at_pilot != noise)
      now.noise = at_pilot->part({context.top, context.left, context.height(), context.width()},
                                 shape_of(known));
    const auto restored = restorer.restore(y, A, now, progress);
    const auto values = static_cast<double>(y.numel());
    const double fraction = missing.to(torch::kFloat64).mean().item<double>();
    if (remark.empty()) remark = restored.remark;
    total.add(restored.summary, values, values * (1 - fraction));
    const Box inner{core.top - context.top, core.left - context.left, core.bottom - context.top,
                    core.right - context.left};
    const auto fill = [&](const torch::Tensor& picture, const torch::Tensor& from) {
      auto target = crop(picture, core);
      target.copy_(torch::where(crop(holes, core), crop(from, inner), target));
    };
    fill(filled, restored.estimate);
    if (!restored.deviation.defined()) continue;
    if (!deviation.defined()) deviation = torch::zeros_like(colour);
    fill(deviation, restored.deviation);
  }
  auto record = record_of(total.summary(), *noise);
  if (!remark.empty()) record["remark"] = remark;
  record["regions"] = regions.size();
  record["computed_pixels"] = pixels_of(regions);
  return {filled, deviation, std::move(record)};
}

}  // namespace restore
