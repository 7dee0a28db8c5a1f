// Which method, with which parameters, a task is given when the user names none: data, not code.
#pragma once

#include <string>
#include <vector>

#include "librestore/core/named_rows.h"

namespace restore {

enum class Task {
  inpaint,
  upscale,
  deblur,
  denoise,
  compression,  // JPEG
  general,      // any linear operator
  nonlinear,    // any other
};

// The task that an operator expression amounts to: that of its only operator, else `general`, or
// `nonlinear` where one of them is. Usage
// error when it is no expression.
Task task_for(const std::string& expression);

// One task for many: theirs if it is the same, else `general`, or `nonlinear` where one of them is
// not linear.
Task common_task(const std::vector<Task>& tasks);
bool is_linear(Task task);

// --quality: how much time a result is worth.
enum class Quality { fast, balanced, high };

// Usage error that lists the three.
Quality parse_quality(const std::string& name);

struct Preset {
  std::string method;
  ParameterValues parameters;
};

// `prior`: as --prior takes it. `method`: the user's choice, empty for the best one of that
// quality; a method that no row has for this task and prior runs on its own defaults. Where a prior
// or a method has no row of a quality, it runs as balanced.
Preset find_preset(Task task, const std::string& prior, const std::string& method, Quality quality);

}  // namespace restore
