// The tables of what may be named, for people.
#pragma once

namespace restore {

void print_operators();  // and kernels and noise models
void print_methods();    // with their parameters and papers
void print_solvers();    // a line each
void print_samplers();   // of priors, with their parameters
void print_priors();

}  // namespace restore
