// restore-train --kind gmm: a patch mixture from photographs.
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
  Json about = Json::object();  // for the card
};

// Usage error when the output exists and is not to be replaced. Nothing is kept of a fit that is
// interrupted.
void train_mixture(const MixtureTraining& training, Progress& progress);

}  // namespace restore
