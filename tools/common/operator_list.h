// The tables of operators and kernels, for people.
#pragma once

namespace restore {

void print_operators();

}  // namespace restore
