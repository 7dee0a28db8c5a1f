// Which part of a manifest one of several processes does.
#pragma once

#include <cstddef>
#include <string>

namespace restore {

// The items number - 1, number - 1 + count, ..: neighbours in a folder, which tend to be alike, are
// spread over all.
struct Shard {
  std::size_t number = 1;  // 1..count
  std::size_t count = 1;

  bool has(std::size_t item) const { return item % count == number - 1; }
};

// "3/8". Usage error when it is none.
Shard parse_shard(const std::string& text);

// As a Slurm job array says (SLURM_ARRAY_TASK_ID, _MIN, _STEP, _COUNT); everything outside of one.
Shard shard_of_environment();

}  // namespace restore
