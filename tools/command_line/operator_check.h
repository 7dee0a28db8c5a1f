// The laws of an operator as the user wrote it, measured: restore-degrade --check.
#pragma once

#include <string>

#include "librestore/core/error.h"
#include "librestore/model/shape.h"

namespace restore {

// Prints what the laws of librestore/model/operator.h and above leave in float64, for random
// pictures: for a linear operator the adjoint's error, the prox's, the norm and the condition
// number, for a spectral one also the error of U diag(s) V^T; for a nonlinear one the vjp's against
// finite differences. Code: some_failed when an error is larger than the laws allow. Usage error
// when `expression` is none.
ExitCode check_operator(const std::string& expression, const Shape& scene);

}  // namespace restore
