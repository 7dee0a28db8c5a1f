// --job in the tools that restore: the file says what a picture has gone through, in place of
// flags.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "librestore/model/noise_model.h"
#include "librestore/run/items.h"
#include "librestore/run/job.h"
#include "tools/batch/job_files.h"
#include "tools/batch/undo.h"

namespace restore {

// Lets each picture's job say operator, scene and, unless `noise_given`, noise. `operators`: the
// names that the tool is made for. Empty: any, and the jobs say which task it is.
void use_jobs(UndoRun& run, const std::string& path, bool noise_given,
              const std::vector<std::string>& operators = {});

// Tells an item of its job (Item::described_by) and of what it reads because of that; for
// PictureRun::prepare. A job with another operator than `operators` is an error that points at
// restore-pnp: usage error, at once, where all pictures share it, else of its picture alone.
std::function<void(Item&)> job_preparation(std::shared_ptr<const Jobs> jobs,
                                           const std::string& tool,
                                           const std::vector<std::string>& operators);

// A job's --noise and reference, with paths relative to its file.
std::shared_ptr<const NoiseModel> noise_of(const Job& job, const std::filesystem::path& file);
std::filesystem::path reference_of(const Job& job, const std::filesystem::path& file);

}  // namespace restore
