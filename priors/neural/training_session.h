// A training run from start or checkpoint to its end: checkpoints, measurements, the log.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "librestore/core/json.h"
#include "priors/neural/prior_file.h"
#include "priors/neural/trainer.h"

namespace restore {

struct TrainingJob {
  std::filesystem::path output;  // the prior; the run's state is beside it (state_path)
  std::filesystem::path log;     // JSON lines; empty: none
  Json about = Json::object();   // goes on the card of the prior
  double checkpoint_minutes = 5;
  double report_seconds = 30;
  double measure_minutes = 10;  // between held-out measurements
  int held_out_crop = 128;      // px
};

// `say` gets a line for people, `step` the fraction of the run that is done.
struct TrainingObserver {
  std::function<void(const std::string&)> say;
  std::function<void(double)> step;
};

std::filesystem::path state_path(const std::filesystem::path& output);

// Trains until the options' end. At every checkpoint, at the end and when a signal arrives it
// writes the state and the prior (moving average, float16), each atomically. Throws
// Error{ExitCode::interrupted} after a signal; an error of Trainer::step leaves the last
// checkpoint.
void run_training(const PhotoPool& photos, const TrainOptions& options, TrainingState state,
                  const TrainingJob& job, const TrainingObserver& observer);

// The prior that a training state amounts to.
PriorFile prior_from_state(const TrainingState& state, const Json& about);

}  // namespace restore
