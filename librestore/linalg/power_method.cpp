#include "librestore/linalg/power_method.h"

#include "librestore/linalg/inner_product.h"

namespace restore {

PowerMethodResult largest_eigenvalue(const LinearMap& M, at::IntArrayRef shape,
                                     const torch::TensorOptions& options,
                                     const PowerMethodOptions& power) {
  auto start = torch::empty(shape, torch::kFloat32);
  Rng(0x9d2c5680)
      .normal({start.data_ptr<float>(), static_cast<std::size_t>(start.numel())},
              {shape[1], shape[2], shape[3]});
  auto v = start.to(options);
  v /= squared_norm(v).sqrt().to(v.scalar_type());

  PowerMethodResult result;
  while (result.iterations < power.max_iterations && !result.converged) {
    ++result.iterations;
    const auto Mv = M(v);
    const double norm = std::sqrt(total_squared_norm(Mv));
    if (norm == 0) {  // M = 0, or the start lies in its null space, which has probability 0
      result.converged = true;
      break;
    }
    // The Rayleigh quotient <v, M v>, for symmetric M second-order accurate in the error of v.
    const double eigenvalue = inner_product(v, Mv).item<double>();
    result.converged = std::abs(eigenvalue - result.eigenvalue) <= power.tolerance * eigenvalue;
    result.eigenvalue = eigenvalue;
    v = Mv / norm;
  }
  return result;
}

}  // namespace restore
