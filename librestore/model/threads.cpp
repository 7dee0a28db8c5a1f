#include "librestore/model/threads.h"

#include <ATen/Parallel.h>

namespace restore {

void set_torch_threads(int threads) { at::set_num_threads(threads); }

}  // namespace restore
