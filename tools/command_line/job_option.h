// --job in the tools that restore: the file says what a picture has gone through, in place of
// flags.
#pragma once

#include <string>
#include <vector>

#include "librestore/run/job.h"
#include "tools/batch/undo.h"

namespace restore {

// Lets each picture's job say operator, scene and, unless `noise_given`, noise. `operators`: the
// names that the tool is made for; a job with another operator is an error that points at
// restore-pnp. Empty: any, and the jobs say which task it is.
void use_jobs(UndoRun& run, const std::string& path, bool noise_given,
              const std::vector<std::string>& operators = {});

// Usage error when the operators of the job are not all of `operators`; `file` and `tool` are
// named.
void check_job_operators(const Job& job, const std::filesystem::path& file, const std::string& tool,
                         const std::vector<std::string>& operators);

// A job's --noise and reference, with paths relative to its file.
std::shared_ptr<const NoiseModel> noise_of(const Job& job, const std::filesystem::path& file);
std::filesystem::path reference_of(const Job& job, const std::filesystem::path& file);

// What an item reads because of its job, the job file among it.
std::vector<std::filesystem::path> files_of(const Job& job, const std::filesystem::path& file);

}  // namespace restore
