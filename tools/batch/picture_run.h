// The way of every picture through a tool: plan, load, work, save, record, report.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "librestore/core/error.h"
#include "librestore/core/json.h"
#include "librestore/core/temporary_file.h"
#include "librestore/run/items.h"
#include "tools/batch/picture_task.h"
#include "tools/batch/run_options.h"

namespace restore {

struct PictureRun {
  std::string tool;
  Json parameters;  // all that decides the result besides the files that are read
  // Fills in also_reads and also_writes, may throw to fail the item; or empty.
  std::function<void(Item&)> prepare;
  CommonFiles common{};
  std::string uncertainty{};  // as --uncertainty takes it; empty: not asked for
  // Called once when the picture's turn has come; the task goes when the picture is done.
  std::function<PictureTask(const Item&)> task;
  std::function<std::string(const Json& record)> describe;          // for people
  std::function<void(const Item& item, const Json& record)> saved;  // after the save; or empty
};

// Runs `run` over all pictures that `options` names.
ExitCode run_pictures(const BatchOptions& options, const PictureRun& run);

// What may have come to exist since it was planned: only where nothing was, is it refused.
IfExists if_exists_of(const BatchOptions& options);

// The random numbers' image key of an item, or of one with this id.
std::uint64_t image_key(const std::string& id);
std::uint64_t image_key(const Item& item);

}  // namespace restore
