#include "priors/neural/training_session.h"

#include <fstream>

#include "librestore/core/error.h"
#include "librestore/core/interrupt.h"

namespace restore {
namespace {

constexpr double kMeasuredSigmas[] = {15, 25, 50};  // of 255, as the literature gives its tables

using Clock = std::chrono::steady_clock;

// True once every `interval`.
class Timer {
 public:
  explicit Timer(double seconds) : interval_(seconds), last_(Clock::now()) {}
  double elapsed() const { return std::chrono::duration<double>(Clock::now() - last_).count(); }
  bool due() const { return elapsed() >= interval_; }
  void restart() { last_ = Clock::now(); }

 private:
  double interval_;
  Clock::time_point last_;
};

class Log {
 public:
  explicit Log(const std::filesystem::path& path) : path_(path) {
    if (path.empty()) return;
    stream_.open(path, std::ios::app);
    if (!stream_) throw usage_error("--log {}: cannot be written", path.string());
  }
  void write(const Json& line) {
    if (!path_.empty()) stream_ << line.dump() << std::endl;
  }

 private:
  std::filesystem::path path_;
  std::ofstream stream_;
};

std::string duration(double seconds) {
  const auto minutes = static_cast<std::int64_t>(seconds / 60 + 0.5);
  return fmt::format("{}:{:02}", minutes / 60, minutes % 60);
}

std::string bands_text(const BandLoss& loss) {
  std::string text;
  for (std::size_t b = 0; b < kBands; ++b) text += fmt::format(" {:.3f}", loss.mean(b));
  return text;
}

Json bands_json(const BandLoss& loss) {
  Json bands = Json::array();
  for (std::size_t b = 0; b < kBands; ++b)
    bands.push_back(loss.count[b] > 0 ? Json(loss.mean(b)) : Json());
  return bands;
}

class Session {
 public:
  Session(const PhotoPool& photos, const TrainOptions& options, TrainingState state,
          const TrainingJob& job, const TrainingObserver& observer)
      : trainer_(photos, options, std::move(state)),
        bfloat16_(options.bfloat16),
        job_(job),
        observer_(observer),
        log_(job.log),
        held_out_(photos.held_out_crops(job.held_out_crop)),
        report_(job.report_seconds),
        checkpoint_(60 * job.checkpoint_minutes),
        measure_(60 * job.measure_minutes) {}

  void run() {
    while (!trainer_.finished()) {
      const auto result = trainer_.step();
      loss_.add(result.loss);
      crops_ += result.crops;
      observer_.step(trainer_.progress());
      if (report_.due()) report(result);
      if (measure_.due()) measure();
      if (checkpoint_.due()) save();
      if (interrupted()) {
        save();
        observer_.say(fmt::format("stopped at step {}; --resume goes on", trainer_.state().step));
      }
      throw_if_interrupted();
    }
    measure();
    save();
  }

 private:
  void report(const StepResult& last) {
    const auto& state = trainer_.state();
    const double rate = static_cast<double>(crops_) / report_.elapsed();
    const double used = trainer_.progress();
    const double left = used > 0 ? state.seconds * (1 - used) / used : 0;
    observer_.say(fmt::format("step {}  {:.1f} crops/s  loss {:.4f} by band{}  left {}", state.step,
                              rate, loss_.mean(), bands_text(loss_), duration(left)));
    log_.write({{"step", state.step},
                {"hours", state.seconds / 3600},
                {"loss", loss_.mean()},
                {"bands", bands_json(loss_)},
                {"learning_rate", last.learning_rate},
                {"gradient_norm", last.gradient_norm},
                {"crops_per_second", rate}});
    loss_ = {};
    crops_ = 0;
    report_.restart();
  }

  void measure() {
    measure_.restart();
    if (held_out_.size(0) == 0) return;
    const auto& state = trainer_.state();
    Json line = {{"step", state.step}, {"hours", state.seconds / 3600}};
    std::string text = fmt::format("step {}  held-out PSNR", state.step);
    measured_ = Json::object();
    const HeldOutMeasure measure(state.network, state.average, held_out_, bfloat16_);
    for (const double level : kMeasuredSigmas) {
      const double psnr = measure.psnr(level / 255);
      measured_[fmt::format("{}", level)] = std::round(100 * psnr) / 100;
      text += fmt::format("  {}: {:.2f} dB", level, psnr);
    }
    const auto loss = measure.loss();
    text += fmt::format("  loss {:.4f} by band{}", loss.mean(), bands_text(loss));
    line["held_out_psnr"] = measured_;
    line["held_out_bands"] = bands_json(loss);
    log_.write(line);
    observer_.say(text);
  }

  void save() {
    checkpoint_.restart();
    const auto& state = trainer_.state();
    save_training_state(state, state_path(job_.output));
    Json about = job_.about;
    if (!measured_.empty()) about["held_out_psnr_db"] = measured_;
    write_prior(prior_from_state(state, about), job_.output, torch::kFloat16);
  }

  Trainer trainer_;
  bool bfloat16_;
  const TrainingJob& job_;
  const TrainingObserver& observer_;
  Log log_;
  torch::Tensor held_out_;
  Timer report_, checkpoint_, measure_;
  BandLoss loss_;
  std::int64_t crops_ = 0;
  Json measured_ = Json::object();
};

}  // namespace

std::filesystem::path state_path(const std::filesystem::path& output) {
  return output.string() + ".state";
}

PriorFile prior_from_state(const TrainingState& state, const Json& about) {
  PriorFile prior{state.network, {kSigmaMinimum, kSigmaMaximum}, state.average, about};
  prior.about["training"] = {{"steps", state.step},
                             {"hours", std::round(100 * state.seconds / 3600) / 100},
                             {"seed", state.seed}};
  return prior;
}

void run_training(const PhotoPool& photos, const TrainOptions& options, TrainingState state,
                  const TrainingJob& job, const TrainingObserver& observer) {
  Session(photos, options, std::move(state), job, observer).run();
}

}  // namespace restore
