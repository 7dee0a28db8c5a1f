// Every posterior sampler under its name: the tools' --method, --list-methods and the docs read
// this.
#pragma once

#include <string>
#include <vector>

#include "librestore/solve/method_row.h"

namespace restore {

// What its samples are, for the prior that its denoiser stands for.
enum class Exactness {
  exact_in_the_limit,  // of many steps and particles
  approximate,         // biased, also for a Gaussian prior with the exact denoiser
};

std::string to_string(Exactness exactness);

struct PosteriorRow : MethodRow {
  Exactness exactness;
};

// All have the parameters of SamplingOptions (sampling.h), `samples` and `steps` among them.
const std::vector<PosteriorRow>& posterior_table();

// Usage error that lists the known names.
const PosteriorRow& find_posterior_method(const std::string& name);

}  // namespace restore
