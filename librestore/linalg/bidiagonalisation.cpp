#include "librestore/linalg/bidiagonalisation.h"

#include <algorithm>
#include <vector>

#include <ATen/ATen.h>

#include "librestore/linalg/inner_product.h"

namespace restore {
namespace {

// At this share of null space a singular value is told to 5e-7 of itself.
constexpr double kNullShare = 1e-3;

double norm_of(const torch::Tensor& a) { return std::sqrt(total_squared_norm(a)); }

}  // namespace

ConditionBound condition_bound(const LinearMap& A, const LinearMap& At, const torch::Tensor& y,
                               const ConditionOptions& options) {
  auto v = At(y);
  const double start = norm_of(v);
  if (start == 0) return {};
  v /= start;

  std::vector<double> diagonal, above;
  torch::Tensor u;
  double beta = 0, largest = 0, null_share = options.rounding;
  while (static_cast<int>(diagonal.size()) < options.steps) {
    // alpha_k u_k = A v_k - beta_k-1 u_k-1
    auto next_u = A(v);
    if (u.defined()) next_u -= beta * u;
    const double alpha = norm_of(next_u);
    largest = std::max({largest, alpha, beta});
    if (alpha <= options.rounding * largest) break;
    u = next_u / alpha;
    if (!diagonal.empty()) above.push_back(beta);
    diagonal.push_back(alpha);
    // beta_k v_k+1 = A^T u_k - alpha_k v_k, where A^T u_k has no part in the null space but rounding
    v = At(u) - alpha * v;
    beta = norm_of(v);
    null_share = (alpha * null_share + options.rounding * largest) / beta;
    if (!(null_share < kNullShare)) break;
    v /= beta;
  }
  const auto count = static_cast<std::int64_t>(diagonal.size());
  if (count == 0) return {};
  const auto B = at::diag(torch::tensor(diagonal, torch::kFloat64)) +
                 at::diag(torch::tensor(above, torch::kFloat64), 1);
  const auto s = at::linalg_svdvals(B);
  return {(s.max() / s.min()).item<double>(), static_cast<int>(count)};
}

}  // namespace restore
