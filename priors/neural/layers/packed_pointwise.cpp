#include "priors/neural/layers/packed_pointwise.h"

#include <array>
#include <bit>
#include <cstring>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>

#include <oneapi/dnnl/dnnl.hpp>

#include "librestore/core/openmp.h"

namespace restore {
namespace {

using dnnl::memory;

const dnnl::engine& processor() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::stream& stream_of_this_thread() {
  thread_local dnnl::stream stream(processor());
  return stream;
}

memory::desc rows_of(std::int64_t rows, std::int64_t columns, memory::data_type type) {
  return {{rows, columns}, type, memory::format_tag::ab};
}

memory reordered(memory from, const memory::desc& to) {
  memory result(to, processor());
  dnnl::reorder(from, result).execute(stream_of_this_thread(), from, result);
  stream_of_this_thread().wait();
  return result;
}

}  // namespace

struct PackedPointwise::Plan {
  static constexpr std::size_t kSizes = std::bit_width(static_cast<std::size_t>(kMostPixels));

  // For one number of pixels.
  struct Product {
    dnnl::matmul run;
    memory weight;
    memory::desc scratch;
    // Kernels that are not "brg..." (those for AVX2) share out the sums of a small product by the
    // number of threads that there might be, also where they have one: the result would depend on
    // it.
    bool alone;
  };

  Result result;
  std::int64_t inputs, outputs;
  memory::data_type type, type_of_y;
  memory plain_weight, bias;  // C_in x C_out, 1 x C_out

  const Product& product_of(std::int64_t pixels) {
    const auto size =
        static_cast<std::size_t>(std::countr_zero(static_cast<std::uint64_t>(pixels)));
    const std::lock_guard lock(mutex_);
    auto& product = products_[size];
    if (!product) product = make_product(pixels);
    return *product;
  }

 private:
  std::mutex mutex_;
  std::array<std::optional<Product>, kSizes> products_;  // of 2^i pixels

  // One copy for all products that want the weights in this order.
  memory packed_weight(const memory::desc& order) const {
    for (const auto& product : products_)
      if (product && product->weight.get_desc() == order) return product->weight;
    return reordered(plain_weight, order);
  }

  Product make_product(std::int64_t pixels) const {
    dnnl::post_ops after;
    if (result == Result::added) after.append_sum();
    if (result == Result::multiplied)
      after.append_binary(dnnl::algorithm::binary_mul, rows_of(pixels, outputs, type));
    dnnl::primitive_attr attributes;
    attributes.set_post_ops(after);
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    const memory::desc any({inputs, outputs}, type, memory::format_tag::any);
    const dnnl::matmul::desc equation(rows_of(pixels, inputs, type), any, bias.get_desc(),
                                      rows_of(pixels, outputs, type_of_y));
    const dnnl::matmul::primitive_desc chosen(equation, attributes, processor());
    const bool alone = !std::string_view(chosen.impl_info_str()).starts_with("brg");
    return {dnnl::matmul(chosen), packed_weight(chosen.weights_desc()), chosen.scratchpad_desc(),
            alone};
  }
};

bool PackedPointwise::takes(torch::ScalarType type) {
  if (type == torch::kFloat32) return true;
  // A set of instructions is a set of bits.
  const auto needed = static_cast<unsigned>(dnnl::cpu_isa::avx512_core);
  return type == torch::kBFloat16 &&
         (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & needed) == needed;
}

PackedPointwise::PackedPointwise(const torch::Tensor& weight,
                                 const c10::optional<torch::Tensor>& bias, Result result)
    : plan_(std::make_unique<Plan>()) {
  const bool half = weight.scalar_type() == torch::kBFloat16;
  plan_->result = result;
  plan_->outputs = weight.size(0);
  plan_->inputs = weight.size(1);
  plan_->type = half ? memory::data_type::bf16 : memory::data_type::f32;
  plan_->type_of_y = result == Result::added ? memory::data_type::f32 : plan_->type;
  const auto copied = [](const torch::Tensor& values, const memory::desc& order) {
    memory copy(order, processor());
    std::memcpy(copy.get_data_handle(), values.data_ptr(), values.nbytes());
    return copy;
  };
  plan_->plain_weight = copied(weight.flatten(1).t().contiguous(),
                               rows_of(plan_->inputs, plan_->outputs, plan_->type));
  const auto shift = bias ? bias->to(torch::kFloat32) : torch::zeros({plan_->outputs});
  plan_->bias = copied(shift.contiguous(), rows_of(1, plan_->outputs, memory::data_type::f32));
}

PackedPointwise::PackedPointwise(PackedPointwise&&) noexcept = default;
PackedPointwise::~PackedPointwise() = default;

void PackedPointwise::run(std::int64_t pixels, const void* x, void* y, const void* factor) const {
  const auto& product = plan_->product_of(pixels);
  std::optional<OneOpenMpThread> one_thread;
  if (product.alone) one_thread.emplace();
  const auto seen = [&](std::int64_t columns, memory::data_type type, const void* data) {
    return memory(rows_of(pixels, columns, type), processor(), const_cast<void*>(data));
  };
  std::unordered_map<int, memory> arguments{
      {DNNL_ARG_SRC, seen(plan_->inputs, plan_->type, x)},
      {DNNL_ARG_WEIGHTS, product.weight},
      {DNNL_ARG_BIAS, plan_->bias},
      {DNNL_ARG_DST, seen(plan_->outputs, plan_->type_of_y, y)},
      {DNNL_ARG_SCRATCHPAD, memory(product.scratch, processor())}};
  if (plan_->result == Result::multiplied)
    arguments.emplace(DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1,
                      seen(plan_->outputs, plan_->type, factor));
  product.run.execute(stream_of_this_thread(), arguments);
  stream_of_this_thread().wait();
}

}  // namespace restore
