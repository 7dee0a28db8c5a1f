// Several runs of a method that make one result: chunks of samples, regions, parts.
#pragma once

#include "librestore/model/method.h"

namespace restore {

// The steps of one of them as steps of all together.
class SubProgress : public Observer {
 public:
  // This run is `weight` of `total`, and `before` were done before it. `observer` may be null.
  SubProgress(Observer* observer, int before, int weight, int total)
      : observer_(observer), before_(before), weight_(weight), total_(total) {}

  void begin(const Measurement& measurement) override {
    if (observer_) observer_->begin(measurement);
  }
  bool step(const StepReport& report) override {
    if (!observer_) return true;
    StepReport whole = report;
    whole.iteration = before_ * report.iterations + weight_ * report.iteration;
    whole.iterations = total_ * report.iterations;
    return observer_->step(whole);
  }

 private:
  Observer* observer_;
  int before_, weight_, total_;
};

}  // namespace restore
