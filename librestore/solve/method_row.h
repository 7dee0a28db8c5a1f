// A row of a table of methods, and how a method declares itself to be one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "librestore/core/named_rows.h"
#include "librestore/model/method.h"

namespace restore {

struct MethodRow {
  std::string name;
  std::string summary;                       // one line
  std::string citation;                      // authors year, title, link
  std::string needs;                         // "any operator", "identity"
  std::vector<std::string> (*parameters)();  // described, a line each
  std::unique_ptr<Method> (*make)(const ParameterValues& values);
};

template <typename T>
MethodRow method_row(const char* name, const char* summary, const char* citation,
                     const char* needs) {
  return {name, summary, citation, needs, parameter_lines<T>, make_from<Method, T>};
}

}  // namespace restore
