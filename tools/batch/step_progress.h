// A method's steps as the progress of the item that it works on.
#pragma once

#include <string>

#include "librestore/core/progress.h"
#include "librestore/model/method.h"

namespace restore {

class StepProgress : public Observer {
 public:
  // Keeps references to both.
  StepProgress(Progress& progress, const std::string& name) : progress_(progress), name_(name) {}
  bool step(const StepReport& report) override {
    progress_.step(name_, static_cast<double>(report.iteration) / report.iterations);
    return true;
  }

 private:
  Progress& progress_;
  const std::string& name_;
};

}  // namespace restore
