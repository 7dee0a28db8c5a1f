// A manifest as a Slurm job array (https://slurm.schedmd.com/job_array.html): the sbatch call that
// runs it, one shard a task.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace restore {

struct SlurmRequest {
  std::string program;                      // restore-batch, absolute
  std::string manifest;                     // absolute
  std::int64_t items = 0;                   // in it, at least 1
  std::int64_t items_per_task = 0;          // wished for; more when the array would be too large
  std::int64_t largest_array = 1001;        // MaxArraySize: tasks are numbered below it
  std::int64_t limit = 0;                   // tasks at once; 0: no limit
  std::vector<std::string> run_words{};     // for restore-batch run
  std::vector<std::string> sbatch_words{};  // before --wrap, so that they override ours
};

// sbatch and its words. Each task becomes `restore-batch run` itself, so that the SIGTERM that
// Slurm sends a minute before the time limit reaches the tool, which ends its picture and exits
// with 75; a cluster with RequeueExit=75 starts it again then, as it does after the loss of a node.
std::vector<std::string> sbatch_call(const SlurmRequest& request);

// The cluster's MaxArraySize as scontrol tells it; Slurm's default where it tells nothing.
std::int64_t largest_slurm_array();

}  // namespace restore
