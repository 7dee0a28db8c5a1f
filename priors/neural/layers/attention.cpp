#include "priors/neural/layers/attention.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

namespace restore {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

constexpr std::int64_t kLargestMatrix = std::int64_t{1} << 22;  // values

// One head of one item: T x d.
torch::Tensor head(const torch::Tensor& x, std::int64_t item, std::int64_t h) {
  return x.select(0, item).select(1, h);
}

// Calls `work(item, head, first row, rows)`.
template <typename Work>
void for_rows(const torch::Tensor& q, const Work& work) {
  const auto tokens = q.size(1);
  const auto step = std::max<std::int64_t>(1, kLargestMatrix / tokens);
  for (std::int64_t n = 0; n < q.size(0); ++n)
    for (std::int64_t h = 0; h < q.size(2); ++h)
      for (std::int64_t first = 0; first < tokens; first += step)
        work(n, h, first, std::min(step, tokens - first));
}

double scale_of(const torch::Tensor& q) { return 1 / std::sqrt(static_cast<double>(q.size(3))); }

struct Attention : torch::autograd::Function<Attention> {
  static Variable forward(AutogradContext* context, const Variable& q, const Variable& k,
                          const Variable& v) {
    auto out = torch::empty(q.sizes(), q.options());
    for_rows(q, [&](std::int64_t n, std::int64_t h, std::int64_t first, std::int64_t rows) {
      const auto queries = head(q, n, h).narrow(0, first, rows) * scale_of(q);
      const auto p = at::mm(queries, head(k, n, h).t()).softmax(1);
      head(out, n, h).narrow(0, first, rows).copy_(at::mm(p, head(v, n, h)));
    });
    context->save_for_backward({q, k, v});
    return out;
  }

  // With P = softmax(S) and S = q k^T scale:  dv = P^T dy,  dP = dy v^T,
  // dS = P (dP - sum_row(P dP)),  dq = dS k scale,  dk = dS^T q scale.
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &q = saved[0], &k = saved[1], &v = saved[2];
    const auto dy = gradients[0];
    const double scale = scale_of(q);
    auto dq = torch::empty(q.sizes(), q.options()), dk = torch::zeros(q.sizes(), q.options()),
         dv = torch::zeros(q.sizes(), q.options());
    for_rows(q, [&](std::int64_t n, std::int64_t h, std::int64_t first, std::int64_t rows) {
      const auto queries = head(q, n, h).narrow(0, first, rows) * scale;
      const auto dy_rows = head(dy, n, h).narrow(0, first, rows);
      const auto p = at::mm(queries, head(k, n, h).t()).softmax(1);
      head(dv, n, h).add_(at::mm(p.t(), dy_rows));
      auto ds = at::mm(dy_rows, head(v, n, h).t());
      ds.sub_((p * ds).sum(1, /*keepdim=*/true)).mul_(p);
      head(dq, n, h).narrow(0, first, rows).copy_(at::mm(ds, head(k, n, h)) * scale);
      head(dk, n, h).add_(at::mm(ds.t(), queries));
    });
    return {dq, dk, dv};
  }
};

}  // namespace

torch::Tensor attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v) {
  return Attention::apply(q, k, v);
}

}  // namespace restore
