#include "operators/compose/stack.h"

#include "librestore/core/error.h"
#include "operators/compose/composition.h"

namespace restore {
namespace {

template <typename Operators>
Shape stacked_shape(const Operators& operators) {
  const Shape &scene = operators.front()->input_shape(), &first = operators.front()->output_shape();
  Shape stacked = first;
  for (std::size_t i = 1; i < operators.size(); ++i) {
    const Shape& seen = operators[i]->output_shape();
    if (operators[i]->input_shape() != scene)
      throw usage_error(
          "measurement {} is of a scene of {}, measurement 1 of {} (channels x height x width)",
          i + 1, operators[i]->input_shape().to_string(), scene.to_string());
    if (seen.channels != first.channels || seen.width != first.width)
      throw usage_error(
          "measurement {} is {}, measurement 1 {} (channels x height x width): only heights may "
          "differ",
          i + 1, seen.to_string(), first.to_string());
    stacked.height += seen.height;
  }
  return stacked;
}

// Calls body(A_i, y_i) with views of y.
template <typename Operators, typename Body>
void for_each_part(const Operators& operators, const torch::Tensor& y, const Body& body) {
  std::int64_t top = 0;
  for (const auto& A : operators) {
    body(*A, y.narrow(2, top, A->output_shape().height));
    top += A->output_shape().height;
  }
}

template <typename Operators>
torch::Tensor apply_all(const Operators& operators, const torch::Tensor& x, const Shape& stacked) {
  auto y = torch::empty(stacked.batch(x.size(0)), x.options());
  for_each_part(operators, y,
                [&](const Operator& A, const torch::Tensor& part) { part.copy_(A.apply(x)); });
  return y;
}

// sum_i pull(A_i, y_i).
template <typename Operators, typename Pull>
torch::Tensor sum_of(const Operators& operators, const torch::Tensor& y, const Pull& pull) {
  torch::Tensor sum;
  for_each_part(operators, y, [&](const auto& A, const torch::Tensor& part) {
    sum = sum.defined() ? sum.add_(pull(A, part)) : pull(A, part).clone();
  });
  return sum;
}

template <typename Operators>
torch::Tensor mean_estimate(const Operators& operators, const torch::Tensor& y) {
  const auto estimate = [](const Operator& A, const torch::Tensor& part) {
    return A.initial_estimate(part);
  };
  return sum_of(operators, y, estimate) / static_cast<double>(operators.size());
}

template <typename Operators>
double norm_bound(const Operators& operators) {
  double sum = 0;
  for (const auto& A : operators) sum += A->norm() * A->norm();
  return std::sqrt(sum);
}

Window seen_by_first(const Operator& A) {
  return A.scene_window({0, 0, A.output_shape().height, A.output_shape().width});
}

}  // namespace

Stack::Stack(std::vector<std::shared_ptr<const Operator>> operators)
    : Operator(operators.front()->input_shape(), stacked_shape(operators)),
      operators_(std::move(operators)) {}

torch::Tensor Stack::do_apply(const torch::Tensor& x) const {
  return apply_all(operators_, x, output_shape());
}

torch::Tensor Stack::do_vjp(const torch::Tensor& x, const torch::Tensor& v) const {
  return sum_of(operators_, v,
                [&](const Operator& A, const torch::Tensor& part) { return A.vjp(x, part); });
}

double Stack::norm() const { return norm_bound(operators_); }

torch::Tensor Stack::initial_estimate(const torch::Tensor& y) const {
  check_shape(y, output_shape(), "operator output");
  return mean_estimate(operators_, y);
}

Window Stack::scene_window(const Window&) const { return seen_by_first(*operators_.front()); }

std::shared_ptr<const Operator> Stack::differentiable() const {
  bool rounds = false;
  auto smooth = operators_;
  for (auto& A : smooth) {
    const auto own = A->differentiable();
    rounds |= own != nullptr;
    if (own) A = own;
  }
  return rounds ? std::make_shared<Stack>(std::move(smooth)) : nullptr;
}

LinearStack::LinearStack(std::vector<std::shared_ptr<const LinearOperator>> operators)
    : LinearOperator(operators.front()->input_shape(), stacked_shape(operators)),
      operators_(std::move(operators)) {}

torch::Tensor LinearStack::do_apply(const torch::Tensor& x) const {
  return apply_all(operators_, x, output_shape());
}

torch::Tensor LinearStack::do_adjoint(const torch::Tensor& y) const {
  return sum_of(operators_, y,
                [](const LinearOperator& A, const torch::Tensor& part) { return A.adjoint(part); });
}

double LinearStack::norm() const {
  return input_shape().numel() <= kSmallPicture ? LinearOperator::norm() : norm_bound(operators_);
}

torch::Tensor LinearStack::initial_estimate(const torch::Tensor& y) const {
  check_shape(y, output_shape(), "operator output");
  return mean_estimate(operators_, y);
}

Window LinearStack::scene_window(const Window&) const { return seen_by_first(*operators_.front()); }

}  // namespace restore
