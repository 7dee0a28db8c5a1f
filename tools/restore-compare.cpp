// restore-compare: how close pictures come to their references.
#include <fmt/core.h>

#include "librestore/core/interrupt.h"
#include "librestore/core/json.h"
#include "librestore/core/parallel.h"
#include "librestore/image/image_io.h"
#include "librestore/image/thumbnail.h"
#include "librestore/metric/scores.h"
#include "librestore/model/threads.h"
#include "librestore/report/report.h"
#include "tools/batch/own_call.h"
#include "tools/batch/reference_pairs.h"
#include "tools/command_line/command_line.h"
#include "tools/command_line/run_tool.h"
#include "tools/command_line/shared_options.h"

namespace restore {
namespace {

// OpenImageIO idiff's outcomes: the worst of all pictures is the exit code.
enum class Verdict : int { pass = 0, warning = 1, failure = 2, different_size = 3, unreadable = 4 };

const ToolText kText = {
    "restore-compare",
    "How close pictures come to their references: PSNR and SSIM, per channel and over all.",
    "restore-compare truth/ restored/ --fail 30",
    "REF and IMAGE may be folders: a picture is compared with the reference of its stem, and one\n"
    "that has no partner is an error. A REF that is a file is compared with every IMAGE. Alpha is\n"
    "not compared.\n"
    "\n"
    "PSNR is 10 log10(1 / mean squared error) over all channels. SSIM is the mean over channels\n"
    "of Wang et al. 2004 with its 11x11 Gaussian window of 1.5 px. The last line of a folder is\n"
    "the mean over its pictures, as papers report it.\n"
    "\n"
    "Exit codes are those of OpenImageIO's idiff; the largest that applies:\n"
    "  0    all pictures reach the thresholds, or none was asked for\n"
    "  1    a picture is below --warn\n"
    "  2    a picture is below --fail, or the command line is wrong\n"
    "  3    a picture and its reference differ in size or channels\n"
    "  4    a picture is missing or cannot be read, or the verdict not printed\n"
    "  75   interrupted (130: at once, by a second signal)"};

struct Options {
  std::string reference;
  std::vector<std::string> images;
  std::optional<double> warn, fail;  // dB
  bool recursive = false;
  bool no_clip = false;
  bool json = false;
  std::string report{};  // empty: none
  bool overwrite = false;
  int threads = 0;  // 0: all cores
  std::int64_t max_pixels = std::int64_t{1} << 30;
};

// An error is shown times this: white is 0.1.
constexpr double kErrorGain = 10;

struct Outcome {
  Verdict verdict = Verdict::pass;
  std::optional<Scores> scores;
  std::string error;
  std::vector<View> views{};  // for the report
};

Verdict judge(double psnr, const Options& options) {
  if (options.fail && psnr < *options.fail) return Verdict::failure;
  if (options.warn && psnr < *options.warn) return Verdict::warning;
  return Verdict::pass;
}

std::string size_text(const Image& image) {
  return fmt::format("{}x{} with {} channel{}", image.width(), image.height(), image.channels(),
                     image.channels() == 1 ? "" : "s");
}

// Reference, picture and the mean over channels of |picture - reference|.
std::vector<View> views_of(const ReferencePair& pair, const torch::Tensor& reference,
                           const torch::Tensor& image) {
  const auto small = [](const torch::Tensor& x) {
    return [x] { return reduced(x, kThumbnailSide); };
  };
  return {{"reference " + pair.reference.string(), small(reference)},
          {pair.image.string(), small(image)},
          {fmt::format("error, white is {}", 1 / kErrorGain), [reference, image] {
             const auto error = (image - reference).abs().mean(1, true) * kErrorGain;
             return reduced(error, kThumbnailSide);
           }}};
}

Outcome compare_loaded(const ReferencePair& pair, const Options& options) {
  const LoadOptions load{.max_pixels = options.max_pixels};
  const auto reference = load_image(pair.reference, load), image = load_image(pair.image, load);
  if (reference.colour.sizes() != image.colour.sizes())
    return {Verdict::different_size,
            {},
            fmt::format("{}: {}, but its reference {} is {}: compare pictures of one size",
                        pair.image.string(), size_text(image), pair.reference.string(),
                        size_text(reference))};
  const auto taken = [&](const torch::Tensor& x) { return options.no_clip ? x : x.clamp(0, 1); };
  const auto x = taken(reference.colour), estimate = taken(image.colour);
  const auto scores = score(x, estimate);
  return {judge(scores.psnr, options), scores, {}, views_of(pair, x, estimate)};
}

Outcome compare(const ReferencePair& pair, const Options& options) {
  if (!pair.problem.empty()) return {Verdict::unreadable, {}, pair.problem};
  try {
    return compare_loaded(pair, options);
  } catch (const std::exception& error) {
    return {Verdict::unreadable, {}, error.what()};
  }
}

// " (R 31.02, G 30.80, B 29.99)"; nothing for grey.
std::string channels_text(const std::vector<double>& values, int digits) {
  if (values.size() != 3) return "";
  return fmt::format(" (R {:.{}f}, G {:.{}f}, B {:.{}f})", values[0], digits, values[1], digits,
                     values[2], digits);
}

std::string scores_text(const Scores& scores) {
  const auto psnr =
      fmt::format("PSNR {:.2f} dB{}", scores.psnr, channels_text(scores.channel_psnr, 2));
  if (!scores.ssim) return psnr + ", too small for SSIM";
  return psnr + fmt::format(", SSIM {:.4f}{}", *scores.ssim, channels_text(scores.channel_ssim, 4));
}

std::string verdict_text(Verdict verdict, const Options& options) {
  if (verdict == Verdict::failure) return fmt::format(", below --fail {}", *options.fail);
  if (verdict == Verdict::warning) return fmt::format(", below --warn {}", *options.warn);
  return "";
}

const char* verdict_name(Verdict verdict) {
  static constexpr const char* kNames[] = {"pass", "warning", "failure", "different size",
                                           "unreadable"};
  return kNames[static_cast<int>(verdict)];
}

void print_json(const Json& json) {
  fmt::print("{}\n", json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Json to_json(const ReferencePair& pair, const Outcome& outcome) {
  Json json = {{"reference", pair.reference.string()},
               {"image", pair.image.string()},
               {"verdict", verdict_name(outcome.verdict)}};
  if (!outcome.error.empty()) json["error"] = outcome.error;
  if (outcome.scores) json.update(to_json(*outcome.scores));
  return json;
}

void print(const ReferencePair& pair, const Outcome& outcome, const Json& record,
           const Options& options) {
  if (!outcome.error.empty()) fmt::print(stderr, "{}: {}\n", kText.name, outcome.error);
  if (options.json)
    print_json(record);
  else if (outcome.scores)
    fmt::print("{}: {}{}\n", pair.image.string(), scores_text(*outcome.scores),
               verdict_text(outcome.verdict, options));
}

class Comparison {
 public:
  explicit Comparison(const Options& options)
      : options_(options),
        groups_(pair_with_references(options.reference, options.images, options.recursive)) {
    for (const auto& group : groups_) planned_ += group.pairs.size();
    if (!options.report.empty())
      report_.emplace(options.report, options.overwrite ? Existing::overwrite : Existing::refuse,
                      std::vector<ReportColumn>{{"psnr", "PSNR, dB"},
                                                {"psnr_per_channel", "of channels"},
                                                {"ssim", "SSIM"},
                                                {"ssim_per_channel", "of channels"}});
  }

  Verdict run() {
    for (const auto& group : groups_)
      if (!compare_group(group)) break;
    if (report_)
      report_->write(kText.name,
                     {{"call", own_call()},
                      {"version", RESTORE_VERSION},
                      {"reference", options_.reference},
                      {"clipped_to_[0,1]", !options_.no_clip},
                      {"below_is_a_failure_(dB)", options_.fail ? Json(*options_.fail) : Json()},
                      {"below_is_a_warning_(dB)", options_.warn ? Json(*options_.warn) : Json()}},
                     planned_);
    throw_if_interrupted();
    return worst_;
  }

 private:
  // False: interrupted.
  bool compare_group(const PairGroup& group) {
    std::vector<Scores> all;
    for (const auto& pair : group.pairs) {
      if (interrupted()) return false;
      const auto outcome = compare(pair, options_);
      const auto record = to_json(pair, outcome);
      print(pair, outcome, record, options_);
      if (report_)
        report_->add(done_++, (pair.image.empty() ? pair.reference : pair.image).string(),
                     verdict_name(outcome.verdict), record, outcome.views);
      if (outcome.scores) all.push_back(*outcome.scores);
      worst_ = std::max(worst_, outcome.verdict);
    }
    if (group.pairs.size() > 1 && !all.empty()) end_group(group, all);
    return true;
  }

  void end_group(const PairGroup& group, const std::vector<Scores>& all) {
    const auto mean = mean_scores(all);
    Json record{{"folder", group.name}, {"mean_of", all.size()}};
    record.update(to_json(mean));
    const auto name =
        fmt::format("mean of {}{}", all.size(), group.name.empty() ? "" : " in " + group.name);
    if (options_.json)
      print_json(record);
    else
      fmt::print("{}: {}\n", name, scores_text(mean));
    if (report_) report_->add_total(name, record);
  }

  const Options& options_;
  const std::vector<PairGroup> groups_;
  std::size_t planned_ = 0, done_ = 0;
  std::optional<Report> report_;
  Verdict worst_ = Verdict::pass;
};

Verdict compare_all(const Options& options) {
  set_torch_threads(options.threads > 0 ? options.threads : available_threads());
  return Comparison(options).run();
}

// Empty: only help or the version was asked for.
std::optional<Options> parse(int argc, char** argv) {
  Options options;
  const auto app = make_command_line(kText);
  app->add_option("REF", options.reference, "The reference: a picture or a folder")
      ->required()
      ->option_text(" ");
  app->add_option("IMAGE", options.images, "What to judge: pictures or folders")
      ->required()
      ->option_text(" ");
  app->add_option("--fail", options.fail, "A PSNR below this is a failure")
      ->option_text("DB")
      ->check(CLI::Range(-1000.0, 1000.0));
  app->add_option("--warn", options.warn, "A PSNR below this is worth a warning")
      ->option_text("DB")
      ->check(CLI::Range(-1000.0, 1000.0));
  app->add_flag("-r,--recursive", options.recursive,
                "Folders with all below them: what lies in the same place");
  app->add_flag("--no-clip", options.no_clip, "Compare values as they are, not clipped to [0,1]");
  app->add_flag("--json", options.json, "One JSON object a picture, then one with the mean");
  add_max_pixels_option(*app, options.max_pixels);
  add_threads_option(*app, options.threads);
  add_device_option(*app);
  add_report_option(*app, options.report);
  app->add_flag("--overwrite", options.overwrite, "Replace the report when it exists");
  if (!parse_command_line(*app, argc, argv)) return std::nullopt;
  if (options.warn && options.fail && *options.warn < *options.fail)
    throw usage_error("--warn {} is below --fail {}, so nothing could be worth a warning: raise it",
                      *options.warn, *options.fail);
  return options;
}

}  // namespace
}  // namespace restore

int main(int argc, char** argv) {
  auto verdict = restore::Verdict::pass;
  const int code = restore::run_tool(argc, argv, [&](int count, char** words) {
    if (const auto options = restore::parse(count, words)) verdict = restore::compare_all(*options);
    return restore::ExitCode::ok;
  });
  // What went wrong is no verdict on the pictures.
  if (code == static_cast<int>(restore::ExitCode::some_failed))
    return static_cast<int>(restore::Verdict::unreadable);
  return code != 0 ? code : static_cast<int>(verdict);
}
