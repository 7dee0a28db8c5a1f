// The tables of operators, kernels and noise models, for people.
#pragma once

namespace restore {

void print_operators();

}  // namespace restore
