// A patch mixture from photographs: its file.
#pragma once

#include <string>

#include "librestore/core/error.h"
#include "librestore/core/json.h"
#include "librestore/core/progress.h"
#include "priors/patch/mixture/mixture_fit.h"

namespace restore {

struct MixtureTraining {
  std::string photos, output;
  bool overwrite = false;
  int threads = 0;
  MixtureFitOptions fit;
  std::string version;          // of the program, for the card
  Json about = Json::object();  // more for the card
};

// Usage error when the output exists and is not to be replaced. Nothing is kept of a fit that is
// interrupted.
void train_mixture(const MixtureTraining& training, Progress& progress);

}  // namespace restore
