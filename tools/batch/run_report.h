// --report of the tools whose items are pictures: input, result and uncertainty side by side.
#pragma once

#include <string>

#include "librestore/image/image_io.h"
#include "librestore/report/report.h"
#include "librestore/run/items.h"
#include "tools/batch/run_options.h"

namespace restore {

class RunReport {
 public:
  // Keeps a reference to the plan. `uncertainty`: as --uncertainty takes it. Errors as Report.
  RunReport(const BatchOptions& options, Existing existing, const Plan& plan,
            std::string uncertainty);

  // The record of the item plan.items[place], as run_batch makes it. Thread-safe.
  void add(std::size_t place, const Json& record);
  // `parameters`: all that decides the results.
  void write(const std::string& tool, const Json& parameters) const;

 private:
  std::vector<View> views_of(const Item& item, const Json& record) const;

  const Plan& plan_;
  const LoadOptions load_;
  const std::string uncertainty_;
  Report report_;
};

}  // namespace restore
