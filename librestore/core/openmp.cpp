#include "librestore/core/openmp.h"

#include <omp.h>

namespace restore {

OneOpenMpThread::OneOpenMpThread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }

OneOpenMpThread::~OneOpenMpThread() { omp_set_num_threads(before_); }

}  // namespace restore
