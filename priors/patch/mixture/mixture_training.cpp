#include "priors/patch/mixture/mixture_training.h"

#include <fmt/format.h>

#include "librestore/core/output_folder.h"
#include "librestore/core/parallel.h"
#include "priors/patch/mixture/mixture_file.h"

namespace restore {
namespace {

MixtureFile fitted(const MixtureTraining& training, Progress& progress) {
  const auto& [photos, output, overwrite, threads, fit, version, about] = training;
  const auto sample = sample_patches(photos, fit);
  progress.message(fmt::format("{} patches of {} photographs, {} components",
                               sample.patches.size(0), sample.pictures, sample.starts.size(0)));
  double log_density = 0;
  MixtureFile file;
  const auto report = [&](int iteration, double value) {
    log_density = value;
    progress.message(fmt::format("iteration {}: log-density {:.4f} a value", iteration, value));
    progress.step(output, static_cast<double>(iteration) / fit.iterations);
  };
  parallel_items(1, divide_threads(threads, 1),
                 [&](std::int64_t) { file.mixture = fit_mixture(sample, fit, report); });
  file.about = {{"photographs", sample.pictures}, {"patches", sample.patches.size(0)},
                {"iterations", fit.iterations},   {"seed", fit.seed},
                {"log_density", log_density},     {"version", version}};
  file.about.update(about);
  return file;
}

}  // namespace

void train_mixture(const MixtureTraining& training, Progress& progress) {
  const auto& output = training.output;
  if (std::filesystem::exists(output) && !training.overwrite)
    throw usage_error("{} exists; give --overwrite to replace it", output);
  make_folder_of(output);
  progress.begin("fitting", 1);
  try {
    write_mixture(fitted(training, progress), output);
  } catch (const Error& error) {
    if (error.code() != ExitCode::interrupted) throw;
    throw Error(error.code(),
                "interrupted; nothing is kept of a mixture: the same call starts anew");
  }
  progress.item_done(output, true);
  progress.end();
}

}  // namespace restore
