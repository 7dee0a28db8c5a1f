#include "librestore/linalg/conjugate_gradients.h"

#include "librestore/linalg/inner_product.h"

namespace restore {
namespace {

// a / b where b > 0, else 0: an item that has converged takes steps of length zero from then on.
torch::Tensor safe_ratio(const torch::Tensor& a, const torch::Tensor& b) {
  return torch::where(b > 0, a / b, torch::zeros_like(a));
}

}  // namespace

CgResult conjugate_gradients(const LinearMap& M, const torch::Tensor& b, const torch::Tensor& x0,
                             const CgOptions& options) {
  const auto precondition = [&](const torch::Tensor& r) {
    return options.preconditioner ? options.preconditioner(r) : r;
  };
  const auto type = b.scalar_type();
  const auto b_norm = squared_norm(b).sqrt();
  const auto threshold = options.tolerance * b_norm;

  CgResult result;
  result.x = x0.defined() ? x0.clone() : torch::zeros_like(b);
  // r = b - M x
  auto r = x0.defined() ? b - M(result.x) : b.clone();
  auto z = precondition(r);
  auto p = z.clone();
  auto rz = inner_product(r, z);
  auto r_norm = squared_norm(r).sqrt();

  while (true) {
    const auto active = r_norm > threshold;
    result.converged = !active.any().item<bool>();
    if (result.converged || result.iterations == options.max_iterations) break;
    ++result.iterations;
    const auto Mp = M(p);
    // alpha = <r, z> / <p, M p>
    const auto alpha = (safe_ratio(rz, inner_product(p, Mp)) * active).to(type);
    // x = x + alpha p;  r = r - alpha M p
    result.x.addcmul_(p, alpha);
    r.addcmul_(Mp, alpha, -1);
    z = precondition(r);
    const auto rz_next = inner_product(r, z);
    // beta = <r, z>_{k+1} / <r, z>_k;  p = z + beta p
    p = z + safe_ratio(rz_next, rz).to(type) * p;
    rz = torch::where(active, rz_next, rz);
    r_norm = torch::where(active, squared_norm(r).sqrt(), r_norm);
  }
  result.relative_residual = safe_ratio(r_norm, b_norm).max().item<double>();
  return result;
}

}  // namespace restore
