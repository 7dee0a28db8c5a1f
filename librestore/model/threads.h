// libtorch's share of the thread budget.
#pragma once

#include <cstdint>

namespace restore {

// Threads that one libtorch call may use on the calling thread from now on. libtorch starts with 1.
void set_torch_threads(int threads);

// For its lifetime the calling thread has no more of them than one for every 2^14 pixels. Threads
// that share less wait for each other longer than they compute, on a busy machine many times as
// long.
class TorchThreadLimit {
 public:
  explicit TorchThreadLimit(std::int64_t pixels);
  ~TorchThreadLimit();
  TorchThreadLimit(const TorchThreadLimit&) = delete;
  TorchThreadLimit& operator=(const TorchThreadLimit&) = delete;

 private:
  int before_;
};

}  // namespace restore
