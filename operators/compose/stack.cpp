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

// sum_i pull(A_i, y_i).
template <typename Operators, typename Pull>
torch::Tensor sum_of(const Operators& operators, const torch::Tensor& y, const Pull& pull) {
  torch::Tensor sum;
  for_each_part(operators, y, [&](const auto& A, const torch::Tensor& part) {
    sum = sum.defined() ? sum.add_(pull(A, part)) : pull(A, part).clone();
  });
  return sum;
}

}  // namespace

template <typename Rung>
Stacked<Rung>::Stacked(std::vector<std::shared_ptr<const Rung>> operators)
    : Rung(operators.front()->input_shape(), stacked_shape(operators)),
      operators_(std::move(operators)) {}

template <typename Rung>
torch::Tensor Stacked<Rung>::do_apply(const torch::Tensor& x) const {
  auto y = torch::empty(this->output_shape().batch(x.size(0)), x.options());
  for_each_part(operators_, y,
                [&](const Rung& A, const torch::Tensor& part) { part.copy_(A.apply(x)); });
  return y;
}

template <typename Rung>
double Stacked<Rung>::norm() const {
  double sum = 0;
  for (const auto& A : operators_) sum += A->norm() * A->norm();
  return std::sqrt(sum);
}

template <typename Rung>
torch::Tensor Stacked<Rung>::initial_estimate(const torch::Tensor& y) const {
  check_shape(y, this->output_shape(), "operator output");
  const auto estimate = [](const Rung& A, const torch::Tensor& part) {
    return A.initial_estimate(part);
  };
  return sum_of(operators_, y, estimate) / static_cast<double>(operators_.size());
}

template <typename Rung>
Window Stacked<Rung>::scene_window(const Window&) const {
  const Rung& A = *operators_.front();
  return A.scene_window({0, 0, A.output_shape().height, A.output_shape().width});
}

template class Stacked<Operator>;
template class Stacked<LinearOperator>;

torch::Tensor Stack::do_vjp(const torch::Tensor& x, const torch::Tensor& v) const {
  return sum_of(operators_, v,
                [&](const Operator& A, const torch::Tensor& part) { return A.vjp(x, part); });
}

std::shared_ptr<const Operator> Stack::differentiable() const {
  auto smooth = differentiable_ones(operators_);
  return smooth.empty() ? nullptr : std::make_shared<Stack>(std::move(smooth));
}

torch::Tensor LinearStack::do_adjoint(const torch::Tensor& y) const {
  return sum_of(operators_, y,
                [](const LinearOperator& A, const torch::Tensor& part) { return A.adjoint(part); });
}

double LinearStack::norm() const {
  return input_shape().numel() <= kSmallPicture ? LinearOperator::norm() : Stacked::norm();
}

}  // namespace restore
