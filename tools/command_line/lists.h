// The tables of what may be named, for people.
#pragma once

namespace restore {

void print_operators();  // and kernels and noise models
void print_methods();    // with their parameters and papers
void print_priors();

}  // namespace restore
