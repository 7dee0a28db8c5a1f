#include "tools/command_line/job_option.h"

#include <algorithm>

#include <fmt/format.h>

#include "librestore/core/error.h"
#include "operators/expression/expression.h"
#include "operators/noise_factory.h"
#include "tools/batch/job_files.h"

namespace restore {

namespace fs = std::filesystem;

void check_job_operators(const Job& job, const fs::path& file, const std::string& tool,
                         const std::vector<std::string>& operators) {
  if (operators.empty()) return;
  for (const auto& call : parse_expression(ExpressionSource(job.operator_expression)))
    if (std::find(operators.begin(), operators.end(), call.name) == operators.end())
      throw usage_error("{}: its operator is \"{}\", and {} undoes {} alone; restore-pnp takes any",
                        file.string(), job.operator_expression, tool,
                        fmt::join(operators, " and "));
}

std::shared_ptr<const NoiseModel> noise_of(const Job& job, const fs::path& file) {
  try {
    return make_noise(job.noise, file.parent_path());
  } catch (const Error& problem) {
    throw usage_error("{}: field 'noise': {}", file.string(), problem.what());
  }
}

fs::path reference_of(const Job& job, const fs::path& file) {
  return job.reference.empty() ? fs::path() : file.parent_path() / job.reference;
}

std::vector<fs::path> files_of(const Job& job, const fs::path& file) {
  auto files = expression_files(job.operator_expression, file.parent_path());
  for (auto& read : expression_files(job.noise, file.parent_path())) files.push_back(read);
  files.push_back(file);
  return files;
}

void use_jobs(UndoRun& run, const std::string& path, bool noise_given,
              const std::vector<std::string>& operators) {
  const auto jobs = std::make_shared<const Jobs>(path);
  if (const auto& job = jobs->shared()) {
    check_job_operators(*job, path, run.tool, operators);
    const bool white = noise_given || noise_of(*job, path)->is_white();
    if (operators.empty()) run.task = task_for(job->operator_expression);
    if (run.task == Task::denoise && !white) run.task = Task::general;
  } else if (operators.empty()) {
    run.task = task_for_all(jobs->expressions());
  }
  run.prepare = [jobs, operators, tool = run.tool](Item& item) {
    const auto& file = item.described_by = jobs->find(item.input, fs::path(item.id).parent_path());
    const auto job = jobs->read(file);
    check_job_operators(job, file, tool, operators);
    for (auto& read : files_of(job, file)) item.also_reads.push_back(std::move(read));
    item.also_looks_at.push_back(reference_of(job, file));
  };
  run.degradation = [jobs, noise_given](const Item& item) {
    const auto& file = item.described_by;
    const auto job = jobs->read(file);
    Degradation degradation{job.operator_expression, file.parent_path(), job.scene};
    if (!noise_given) degradation.noise = noise_of(job, file);
    degradation.reference = reference_of(job, file);
    return degradation;
  };
}

}  // namespace restore
