// A tool's part in restore-batch: to write its plan, and to do a part of one.
#pragma once

#include "librestore/run/batch.h"
#include "librestore/run/items.h"
#include "tools/batch/run_options.h"

namespace restore {

// Writes the manifest options.plan_to of this process's own call. Code: some_failed when an item
// cannot be read.
ExitCode write_plan(const BatchOptions& options, const BatchRequest& request, Plan plan);

// The items of options.manifest that are this process's: of its shard, and with options.only_failed
// those that have failed. Usage error when the manifest is for another tool or other parameters.
Plan planned_part(const BatchOptions& options, const BatchRequest& request);

}  // namespace restore
