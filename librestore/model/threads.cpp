#include "librestore/model/threads.h"

#include <algorithm>

#include <ATen/Parallel.h>

namespace restore {

void set_torch_threads(int threads) { at::set_num_threads(threads); }

TorchThreadLimit::TorchThreadLimit(std::int64_t pixels) : before_(at::get_num_threads()) {
  at::set_num_threads(static_cast<int>(std::clamp<std::int64_t>(pixels >> 14, 1, before_)));
}

TorchThreadLimit::~TorchThreadLimit() { at::set_num_threads(before_); }

}  // namespace restore
