#include "tools/batch/slurm.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "tools/batch/own_call.h"

namespace restore {

std::vector<std::string> sbatch_call(const SlurmRequest& request) {
  const auto chunks = [&](std::int64_t size) { return (request.items + size - 1) / size; };
  const std::int64_t least = chunks(std::max<std::int64_t>(request.largest_array, 1));
  const std::int64_t tasks = chunks(std::max({request.items_per_task, least, std::int64_t{1}}));
  const auto limit = request.limit > 0 ? fmt::format("%{}", request.limit) : std::string();
  // The shard is spelt out: one task that is submitted again by hand is still the same part.
  auto line = fmt::format("exec {} run -m {} --shard $((SLURM_ARRAY_TASK_ID + 1))/{}",
                          shell_word(request.program), shell_word(request.manifest), tasks);
  if (!request.run_words.empty()) line += " " + shell_line(request.run_words);
  std::vector<std::string> words = {
      "sbatch",
      fmt::format("--array=0-{}{}", tasks - 1, limit),
      "--job-name=" + std::filesystem::path(request.manifest).stem().string(),
      "--requeue",
      "--signal=B:TERM@60",
      "--open-mode=append",
  };
  words.insert(words.end(), request.sbatch_words.begin(), request.sbatch_words.end());
  words.insert(words.end(), {"--wrap", line});
  return words;
}

std::int64_t largest_slurm_array() {
  constexpr std::int64_t kDefault = 1001;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> output(
      popen("scontrol show config 2>/dev/null", "r"), pclose);
  if (!output) return kDefault;
  char line[512];
  long long size = 0;
  while (std::fgets(line, sizeof line, output.get()) != nullptr)
    if (std::sscanf(line, "MaxArraySize = %lld", &size) == 1 && size > 0) return size;
  return kDefault;
}

}  // namespace restore
