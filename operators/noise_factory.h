// Every noise model under its name, in the grammar of operators/factory.h:
//
//   noise := number | model '(' argument (',' argument)* ')'
//
//   0.01   12.75/255   poisson(0.002)   poisson-gaussian(0.002, read=0.01)   gaussian(map.exr)
//
// A number is white Gaussian noise of that standard deviation.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "librestore/model/noise_model.h"

namespace restore {

// A row of the table; `restore-degrade --list` and the law tests read it.
struct NoiseRow {
  std::string name;
  std::string summary;                     // one line with the equation
  std::vector<std::string> parameters;     // name, default, unit, range, help, a line each
  std::vector<std::string> law_instances;  // expressions the law tests run, for 3 channels
};

const std::vector<NoiseRow>& noise_table();

// The model of an expression; relative paths are relative to `base`. Errors are usage errors that
// quote the expression and point at the column.
std::shared_ptr<const NoiseModel> make_noise(const std::string& expression,
                                             const std::filesystem::path& base = {});

}  // namespace restore
