#include "tools/command_line/job_option.h"

#include <algorithm>

#include <fmt/format.h>

#include "librestore/core/error.h"
#include "operators/expression/expression.h"
#include "operators/noise_factory.h"
#include "tools/batch/job_files.h"

namespace restore {

namespace fs = std::filesystem;

namespace {

// Why a tool that undoes `operators` alone does not take the job; empty: it does.
std::string objection(const Job& job, const fs::path& file, const std::string& tool,
                      const std::vector<std::string>& operators) {
  if (operators.empty()) return {};
  for (const auto& call : parse_expression(ExpressionSource(job.operator_expression)))
    if (std::find(operators.begin(), operators.end(), call.name) == operators.end())
      return fmt::format(
          "{}: its operator is \"{}\", and {} undoes {} alone; restore-pnp takes any",
          file.string(), job.operator_expression, tool, fmt::join(operators, " and "));
  return {};
}

// One call of the denoiser undoes white noise alone.
Task task_of(const Job& job, const fs::path& file, bool noise_given) {
  const auto task = task_for(job.operator_expression);
  const bool white = task != Task::denoise || noise_given || noise_of(job, file)->is_white();
  return white ? task : Task::general;
}

}  // namespace

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

std::function<void(Item&)> job_preparation(std::shared_ptr<const Jobs> jobs,
                                           const std::string& tool,
                                           const std::vector<std::string>& operators) {
  if (const auto& job = jobs->shared()) {
    const auto problem = objection(*job, jobs->all().front().first, tool, operators);
    if (!problem.empty()) throw usage_error("{}", problem);
  }
  return [=](Item& item) {
    const auto& file = item.described_by = jobs->find(item.input, fs::path(item.id).parent_path());
    const auto job = jobs->read(file);
    const auto problem = objection(job, file, tool, operators);
    if (!problem.empty()) throw item_error("{}", problem);
    for (const auto& expression : {job.operator_expression, job.noise})
      for (auto& read : expression_files(expression, file.parent_path()))
        item.also_reads.push_back(std::move(read));
    item.also_reads.push_back(file);
    item.also_looks_at.push_back(reference_of(job, file));
  };
}

void use_jobs(UndoRun& run, const std::string& path, bool noise_given,
              const std::vector<std::string>& operators) {
  const auto jobs = std::make_shared<const Jobs>(path);
  run.prepare = job_preparation(jobs, run.tool, operators);
  if (operators.empty()) {
    std::vector<Task> tasks;
    for (const auto& [file, job] : jobs->all()) tasks.push_back(task_of(job, file, noise_given));
    run.task = common_task(tasks);
  }
  run.degradation = [jobs, noise_given, most = run.batch.max_pixels](const Item& item) {
    const auto& file = item.described_by;
    const auto job = jobs->read(file);
    if (job.scene.pixels() > most)
      throw item_error("{}: its scene has {} x {} pixels, more than the {} allowed (--max-pixels)",
                       file.string(), job.scene.width, job.scene.height, most);
    Degradation degradation{job.operator_expression, file.parent_path(), job.scene};
    if (!noise_given) degradation.noise = noise_of(job, file);
    degradation.reference = reference_of(job, file);
    return degradation;
  };
}

}  // namespace restore
