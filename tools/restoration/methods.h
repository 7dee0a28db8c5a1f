// Every method under its name, solvers and posterior samplers alike: what --method takes.
#pragma once

#include <optional>
#include <string>

#include "librestore/solve/method_row.h"
#include "priors/posterior/table.h"

namespace restore {

// Usage error that lists the known names.
const MethodRow& find_method(const std::string& name);

// Whether a method draws samples of the posterior, and of what kind; empty for solvers.
std::optional<Exactness> sampler_kind(const std::string& name);

}  // namespace restore
