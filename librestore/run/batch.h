// Runs a plan: items at once within the thread budget, one bad item never stops the rest, and every
// item ends as one record.
//
//   {"input": .., "output": .., "status": "ok", <what the work returned>, "seconds": ..}
//   {"input": .., "output": .., "status": "failed", "error": ".."}
//   {"input": .., "output": .., "status": "skipped" or "planned"}
//
// An item without an input has no "input" in its record.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "librestore/core/error.h"
#include "librestore/core/json.h"
#include "librestore/core/progress.h"
#include "librestore/run/items.h"
#include "librestore/run/resources.h"
#include "librestore/run/run_log.h"

namespace restore {

// Of what decides the results besides the files that are read.
std::string hash_parameters(const Json& parameters);
// Whether the output of an item, and what goes beside it, are what this call would make of it.
bool all_done(const Item& item, const RunLog& log, const Fingerprints& now);

struct BatchRequest {
  std::string tool;                  // begins every line about a failure
  Json parameters = Json::object();  // all that decides the result besides the files that are read
  Existing existing = Existing::refuse;  // as planned
  int threads = 0;                       // 0: all cores
  // What the work reserves its threads from (resources.h), told when an item ends; null: the
  // threads are divided evenly.
  Resources* resources = nullptr;
  bool dry_run = false;                                  // plan and check, touch nothing
  bool json = false;                                     // print records, in the plan's order
  bool quiet = false;                                    // print failures only
  std::string resume = "--skip-existing does the rest";  // what to do after an interruption
  // Told each record as soon as its item has ended, by the thread that worked on it; may be empty.
  std::function<void(std::size_t item, const Json& record)> ended{};
  // What a person wants to know of a record ("residual 1.01 sigma"); may be empty.
  std::function<std::string(const Json& record)> describe;
  // Where result lines go, without line break; standard output when empty.
  std::function<void(const std::string& line)> print;
};

struct BatchResult {
  ExitCode code = ExitCode::ok;
  std::vector<Json> records;  // in the plan's order; items that a signal kept from ending have none
};

// Reads item.input, writes item.output, returns what there is to say (an object). The folder of the
// output exists; libtorch has its share of the threads, or one until the work has reserved more.
// Throws to fail the item; its message is cut to one line.
using ItemWork = std::function<Json(const Item&)>;

// Failures go to `progress` as lines `TOOL: message`, results to `print`: one JSON object an item
// in the plan's order, or a line for people as soon as there is something to say.
//
// Code: ok, also when all was done before; some_failed; usage when all that was tried failed by
// usage errors (the call was wrong, not the files); interrupted when a signal came.
BatchResult run_batch(const Plan& plan, const BatchRequest& request, Progress& progress,
                      const ItemWork& work);

}  // namespace restore
