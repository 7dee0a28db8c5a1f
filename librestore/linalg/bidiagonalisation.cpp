#include "librestore/linalg/bidiagonalisation.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <ATen/ATen.h>

#include "librestore/linalg/inner_product.h"

namespace restore {
namespace {

// At this share of null space a singular value is told to 5e-7 of itself.
constexpr double kNullShare = 1e-3;

double norm_of(const torch::Tensor& a) { return std::sqrt(total_squared_norm(a)); }

class Bidiagonalisation {
 public:
  // `v`: the first one times a number that is not 0.
  Bidiagonalisation(const LinearMap& A, const LinearMap& At, const torch::Tensor& v)
      : A_(A), At_(At), v_(v / norm_of(v)) {}

  // One column more of B. False, and nothing done, where A v lies in what is there already, but for
  // `rounding` of the largest number in B.
  bool step(double rounding) {
    // alpha_k u_k = A v_k - beta_k-1 u_k-1
    auto next = A_(v_);
    if (u_.defined()) next -= beta_ * u_;
    const double alpha = norm_of(next);
    if (alpha <= rounding * std::max(alpha, largest_)) return false;
    u_ = next / alpha;
    if (!diagonal_.empty()) above_.push_back(beta_);
    diagonal_.push_back(alpha);
    // beta_k v_k+1 = A^T u_k - alpha_k v_k
    auto rest = At_(u_) - alpha * v_;
    beta_ = norm_of(rest);
    largest_ = std::max({largest_, alpha, beta_});
    if (beta_ > 0) v_ = rest / beta_;
    return true;
  }

  int steps() const { return static_cast<int>(diagonal_.size()); }
  double alpha() const { return diagonal_.back(); }
  double beta() const { return beta_; }        // 0: the span of V is A^T A's own
  double largest() const { return largest_; }  // number in B
  // Of A on the span of V.
  torch::Tensor singular_values() const {
    return at::linalg_svdvals(matrix().narrow(1, 0, steps()));
  }
  // The largest of A^T on the span of U: A^T U_k = V_k+1 [B_k beta_k e_k]^T.
  double norm() const { return at::linalg_svdvals(matrix()).max().item<double>(); }

 private:
  // [B_k beta_k e_k]
  torch::Tensor matrix() const {
    auto above = above_;
    above.push_back(beta_);
    const auto column = torch::zeros({steps(), 1}, torch::kFloat64);
    return at::cat({at::diag(torch::tensor(diagonal_, torch::kFloat64)), column}, 1) +
           at::cat({column, at::diag(torch::tensor(above, torch::kFloat64))}, 1);
  }

  const LinearMap &A_, &At_;
  torch::Tensor v_, u_;
  std::vector<double> diagonal_, above_;
  double beta_ = 0, largest_ = 0;
};

}  // namespace

double largest_singular_value(const LinearMap& A, const LinearMap& At, const torch::Tensor& x,
                              const LargestOptions& options) {
  const double rounding = x.scalar_type() == torch::kFloat64 ? 1e-14 : 1e-6;
  Bidiagonalisation B(A, At, x);
  double largest = 0;
  int still = 0;
  while (still < 2 && B.steps() < options.steps && B.step(rounding)) {
    const double before = largest;
    largest = B.norm();
    still = largest - before <= options.tolerance * largest ? still + 1 : 0;
    if (B.beta() <= rounding * B.largest()) break;
  }
  return largest;
}

ConditionBound condition_bound(const LinearMap& A, const LinearMap& At, const torch::Tensor& y,
                               const ConditionOptions& options) {
  const auto start = At(y);
  if (norm_of(start) == 0) return {};
  Bidiagonalisation B(A, At, start);
  // What V holds of the null space: A^T u has nothing of it but rounding.
  double null_share = options.rounding;
  while (null_share < kNullShare && B.steps() < options.steps && B.step(options.rounding))
    null_share =
        B.beta() > 0 ? (B.alpha() * null_share + options.rounding * B.largest()) / B.beta() : 1;
  const auto s = B.singular_values();
  return {(s.max() / s.min()).item<double>(), B.steps()};
}

}  // namespace restore
