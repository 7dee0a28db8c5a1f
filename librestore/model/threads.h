// libtorch's share of the thread budget.
#pragma once

namespace restore {

// Threads that one libtorch call may use on the calling thread from now on. libtorch starts with 1.
void set_torch_threads(int threads);

}  // namespace restore
