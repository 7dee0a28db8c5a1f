// Every solver under its name: the tools' --solver and --method, --list-methods and the docs read
// this.
#pragma once

#include <string>
#include <vector>

#include "librestore/solve/method_row.h"

namespace restore {

const std::vector<MethodRow>& solver_table();

// Usage error that lists the known names.
const MethodRow& find_solver(const std::string& name);

}  // namespace restore
