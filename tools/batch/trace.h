// --trace FILE.json: what a method did, step by step. docs/tools.md states the schema.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "librestore/core/json.h"
#include "librestore/core/temporary_file.h"
#include "librestore/model/method.h"
#include "librestore/run/items.h"
#include "tools/restoration/part.h"

namespace restore {

// Records the steps of one picture and passes them on.
class TraceRecorder : public Observer {
 public:
  explicit TraceRecorder(Observer& next) : next_(next) {}

  void begin(const Measurement& measurement) override;
  // Besides what is reported, the data fit of the estimate: one more application of A.
  bool step(const StepReport& report) override;
  const Json& steps() const { return steps_; }

 private:
  Observer& next_;
  const Measurement* measurement_ = nullptr;
  Json steps_ = Json::array();
};

// The traces of all pictures of a call, in the order of their names. Pictures may be added from
// several threads.
class Trace {
 public:
  // Makes the file's folder. Usage error when `file` exists, unless `existing` says to overwrite,
  // or to go on where a run has ended and the file is a trace.
  Trace(std::filesystem::path file, Existing existing);

  // `outcome`: {"result": record} or {"error": message}.
  void add(const Item& item, const Part& part, const Json& steps, const Json& outcome);
  // Atomic; item error when the file cannot be written.
  void write(const std::string& tool, const Json& parameters) const;

 private:
  std::filesystem::path file_;
  IfExists if_exists_;
  std::mutex mutex_;
  // By the item's id and the part's first row and column.
  std::map<std::tuple<std::string, std::int64_t, std::int64_t>, Json> pictures_;
};

}  // namespace restore
