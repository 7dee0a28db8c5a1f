#include "tools/batch/parts.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "librestore/core/error.h"
#include "librestore/core/interrupt.h"
#include "librestore/image/formats.h"
#include "librestore/model/sub_progress.h"
#include "librestore/tile/tile_plan.h"
#include "tools/restoration/record.h"

namespace restore {
namespace {

// A core smaller than its halo would be mostly halo's work.
constexpr std::int64_t kLeastCore = 64, kLargestCore = 8192;
constexpr std::int64_t kSurveySide = 512;  // px, of the windows that a picture is looked at in
constexpr std::int64_t kSampleSide = 256;  // px, in the middle of a window: what tells of the noise
constexpr std::int64_t kSamples = 8;       // along each side of the picture

// The windows of a picture: from its file, or, where the file's rows are not the picture's, from
// memory.
class WindowReader {
 public:
  explicit WindowReader(ImageSource& source) : source_(source) {
    if (!source.is_upright()) whole_ = source.whole();
  }

  Image take(const Window& place) {
    if (!whole_) {
      source_.advance(place.y0, place.y1());
      return source_.window(place.y0, place.x0, place.height, place.width);
    }
    Image window = *whole_;
    window.colour = cut(whole_->colour, place).contiguous();
    if (whole_->alpha.defined()) window.alpha = cut(whole_->alpha, place).contiguous();
    return window;
  }

 private:
  ImageSource& source_;
  std::optional<Image> whole_;
};

// `side` squared in the middle of a window.
Sample middle_of(const Image& window, const Part& part, std::int64_t side) {
  const std::int64_t top = (window.height() - side) / 2, left = (window.width() - side) / 2;
  Sample sample{window, part};
  sample.picture.colour =
      cut(window.colour, {top, left, side, side}).clone(at::MemoryFormat::Contiguous);
  sample.picture.alpha.reset();
  sample.part.window = {part.window.y0 + top, part.window.x0 + left, side, side};
  return sample;
}

struct Survey {
  double range = 1;
  std::shared_ptr<const NoiseModel> found{};
  std::optional<double> level{};
};

// Calls visit(window, its place, whether it is one of some 64 that are spread over the picture) for
// windows from top to bottom; `every`: for all, else for those 64.
template <typename Visit>
void visit_windows(const Item& item, const LoadOptions& load, bool every, const Visit& visit) {
  ImageSource source(item.input, load);
  WindowReader windows(source);
  const std::int64_t height = source.height(), width = source.width();
  for (std::int64_t y = 0; y < height; y += kSurveySide) {
    const std::int64_t rows = std::min(kSurveySide, height - y);
    // The n-th of kSamples is taken where its place falls into these rows.
    const bool looks = (y + rows) * kSamples / height > y * kSamples / height;
    for (std::int64_t x = 0; x < width; x += kSurveySide) {
      const std::int64_t columns = std::min(kSurveySide, width - x);
      const bool here = looks && (x + columns) * kSamples / width > x * kSamples / width;
      if (every || here)
        visit(windows.take({y, x, rows, columns}), Part{{y, x, rows, columns}, height, width},
              here);
    }
  }
}

// Looks at a picture before it is restored: the range at every pixel, the noise at places that are
// spread over it. Integers have the range 1, so that where nobody asks for the noise nothing is
// read.
Survey survey(const ImageSource& source, const Item& item, const PartsRequest& request) {
  Survey result;
  const bool floats = is_float(source.sample_type());
  const auto& task = request.task;
  const bool finds = !task.noise && task.find_noise;
  if (floats || finds) {
    const std::int64_t side = std::min({kSampleSide, source.height(), source.width()});
    std::vector<Sample> samples;
    visit_windows(item, request.load, floats,
                  [&](const Image& window, const Part& part, bool here) {
                    result.range = std::max(result.range, brightest_measured(task, window, part));
                    if (!finds || !here || std::min(window.height(), window.width()) < side) return;
                    auto& sample = samples.emplace_back(middle_of(window, part, side));
                    if (task.measured)
                      sample.picture.colour = task.measured(sample.picture, sample.part);
                  });
    if (finds) result.found = task.find_noise(samples);
  }
  const auto& noise = task.noise ? task.noise : result.found;
  if (!noise || noise->is_white() || !task.level) return result;
  double squares = 0, pixels = 0;
  visit_windows(item, request.load, false, [&](const Image& window, Part part, bool) {
    part.found = result.found;
    const auto area = static_cast<double>(window.height() * window.width());
    squares += area * std::pow(task.level(window, part), 2);
    pixels += area;
  });
  result.level = std::sqrt(squares / pixels);
  return result;
}

// The records of the parts as one: of the residual the root of the mean square, of the last move
// the worst; of counts the sum; why a method stopped is told of the part with the most steps,
// everything else of the first that tells it.
class Records {
 public:
  void add(const Json& record, double weight) {
    const double residual = record.at("residual");
    squares_ += weight * residual * residual;
    weight_ += weight;
    ++parts_;
    const bool most = record.at("iterations") > record_.value("iterations", 0);
    for (const auto& [name, value] : record.items()) {
      const bool is_new = !record_.contains(name);
      auto& total = record_[name];
      if (is_new || (most && is_any(name, {"iterations", "termination", "message"})))
        total = value;
      else if (is_any(name, {"denoiser_calls", "regions", "computed_pixels"}))
        total = total.get<std::int64_t>() + value.get<std::int64_t>();
      else if (name == "fixed_point_residual")
        total = std::max(total, value);
    }
  }
  Json record() const {
    Json record = record_;
    record["residual"] = weight_ > 0 ? std::sqrt(squares_ / weight_) : 0;
    record["parts"] = parts_;
    return record;
  }

 private:
  static bool is_any(std::string_view name, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  Json record_ = Json::object();
  double squares_ = 0, weight_ = 0;
  int parts_ = 0;
};

// The bytes of rows of the input and of the result, as their files hold them, that a band takes.
double band_bytes(const ImageSource& source, const PartsRequest& request, std::int64_t core) {
  const Needs& needs = request.needs;
  constexpr double kBlocks = 2 * 256;  // whole blocks of compressed rows, in and out
  const auto row = static_cast<double>(source.row_bytes());
  const auto scale = static_cast<double>(needs.scale);
  const double in = row * (static_cast<double>(core + 2 * needs.halo) + kBlocks);
  return in + row * scale * (static_cast<double>(core) * scale + kBlocks);
}

// The side of the largest core whose part fits.
std::int64_t core_for(const ImageSource& source, const PartsRequest& request, const Item& item) {
  const Needs& needs = request.needs;
  auto left = static_cast<double>(request.bytes);
  if (!source.is_upright())
    left -= static_cast<double>(source.height() * source.width() * (source.channels() + 1)) *
            sizeof(float);
  const auto fits = [&](std::int64_t core) {
    const auto side = [&](std::int64_t whole) { return std::min(core + 2 * needs.halo, whole); };
    return needs.bytes(side(source.height()), side(source.width())) +
               band_bytes(source, request, core) <=
           left;
  };
  const std::int64_t step =
      std::max<std::int64_t>(kLeastCore / needs.alignment, 1) * needs.alignment;
  std::int64_t core = 0;
  while (core < kLargestCore && fits(core + step)) core += step;
  if (core == 0)
    throw item_error(
        "{}: {} x {} pixels do not fit in memory, not even in parts; raise --max-memory",
        item.input.string(), source.width(), source.height());
  return core;
}

}  // namespace

Json restore_in_parts(ImageSource& source, const Item& item, const PartsRequest& request,
                      Observer& observer) {
  const Needs& needs = request.needs;
  const std::int64_t height = source.height(), width = source.width(), scale = needs.scale;
  const auto tiles =
      plan_tiles(height, width, core_for(source, request, item), needs.halo, needs.alignment);
  const Survey seen = survey(source, item, request);
  WindowReader windows(source);
  Records total;
  int done = 0;
  std::optional<ImageSink> sink;
  double brightest = 0, brightest_seen = 0;
  for (const auto& [core, window] : tiles) {
    throw_if_interrupted();
    const Part part{window, height, width, seen.range, seen.found, seen.level};
    const auto given = windows.take(window);
    SubProgress progress(&observer, done++, 1, static_cast<int>(tiles.size()));
    auto outcome = request.task.work(given, part, progress);
    Image& picture = outcome.picture;
    brightest_seen = std::max(brightest_seen, brightest_measured(request.task, given, part));
    brightest = std::max(brightest, picture.colour.max().item<double>());
    if (!sink) {
      Image like = picture;
      const auto size = [&](std::int64_t channels) {
        return torch::zeros({1, 1, 1, 1}).expand({1, channels, height * scale, width * scale});
      };
      like.colour = size(picture.channels());
      if (like.alpha.defined()) like.alpha = size(1);
      sink.emplace(like, item.output, request.save);
    }
    const auto kept = core.inside(window).scaled(scale);
    picture.colour = cut(picture.colour, kept);
    if (picture.alpha.defined()) picture.alpha = cut(picture.alpha, kept);
    sink->put(picture, core.y0 * scale, core.x0 * scale);
    if (core.x1() == width) sink->flush(core.y1() * scale);
    total.add(outcome.record, outcome.weight.value_or(static_cast<double>(core.area())));
  }
  check_not_black(request.task, brightest, brightest_seen);
  sink->commit();
  auto record = total.record();
  if (!needs.remark.empty()) add_remark(record, needs.remark);
  remark_on_range(record, seen.range, brightest, source.sample_type(), request.output);
  return record;
}

}  // namespace restore
