#include "priors/neural/checkpoint/script_denoiser.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/python/update_graph_executor_opt.h>
#include <torch/csrc/jit/serialization/import.h>

#include "librestore/core/error.h"
#include "priors/neural/learned_denoiser.h"

namespace restore {
namespace {

std::string first_line(const std::exception& error) {
  const std::string text = error.what();
  return text.substr(0, text.find('\n'));
}

class ScriptDenoiser : public LearnedDenoiser {
 public:
  ScriptDenoiser(torch::jit::Module module, const std::string& name)
      : LearnedDenoiser(name), module_(std::move(module)) {
    channels_ = integer("channels", 3);
    alignment_ = integer("alignment", 1);
    receptive_field_ = integer("receptive_field", -1);
    range_ = {number("sigma_min", range_.minimum), number("sigma_max", range_.maximum)};
    if ((channels_ != 1 && channels_ != 3) || alignment_ < 1 || alignment_ > 4096 ||
        receptive_field_ < -1 || !(range_.minimum >= 0 && range_.maximum >= range_.minimum))
      throw item_error("{}: channels, alignment, receptive_field or sigma range out of range",
                       name);
    if (const auto forward = module_.find_method("forward");
        !forward || forward->function().getSchema().arguments().size() != 3)
      throw item_error("{}: the TorchScript program has no forward(x, sigma)", name);
  }

  std::optional<int> receptive_field() const override {
    return receptive_field_ < 0 ? std::nullopt : std::optional(receptive_field_);
  }
  int alignment() const override { return alignment_; }
  SigmaRange sigma_range() const override { return range_; }

 private:
  int integer(const char* attribute, int otherwise) const {
    if (!module_.hasattr(attribute)) return otherwise;
    const auto value = module_.attr(attribute);
    if (!value.isInt()) throw item_error("{}: attribute {} is no integer", name(), attribute);
    return static_cast<int>(std::clamp<std::int64_t>(value.toInt(), -2, 1 << 20));
  }
  double number(const char* attribute, double otherwise) const {
    if (!module_.hasattr(attribute)) return otherwise;
    const auto value = module_.attr(attribute);
    if (!value.isDouble()) throw item_error("{}: attribute {} is no float", name(), attribute);
    return value.toDouble();
  }

  torch::Tensor evaluate(const torch::Tensor& x, double sigma) const override {
    const auto wanted = std::int64_t{channels_};
    if (wanted == x.size(1)) return run(x, sigma);
    if (wanted == 1) return run(x.reshape({-1, 1, x.size(2), x.size(3)}), sigma).view(x.sizes());
    // Three equal channels: CheckpointDenoiser says why the noise is sqrt(3) times as large.
    return run(x.expand({-1, 3, -1, -1}).contiguous(), std::sqrt(3.0) * sigma).mean(1, true);
  }

  torch::Tensor run(const torch::Tensor& x, double sigma) const {
    try {
      const auto input = x.to(torch::kFloat32);
      auto module = module_;  // a handle; forward() is not const
      const auto output = module.forward({input, torch::full({x.size(0)}, sigma, input.options())});
      if (!output.isTensor() || output.toTensor().sizes() != x.sizes())
        throw item_error("{}: forward(x, sigma) gave no tensor shaped as x", name());
      return output.toTensor().to(x.scalar_type());
    } catch (const c10::Error& error) {
      throw item_error("{}: forward(x, sigma) failed: {}", name(), first_line(error));
    }
  }

  torch::jit::Module module_;
  int channels_, alignment_, receptive_field_;
  SigmaRange range_;
};

}  // namespace

std::shared_ptr<const MmseDenoiser> load_script_denoiser(const std::filesystem::path& path,
                                                         const std::string& name) {
  // Its optimiser would rewrite the program after the first calls: other bits for the same picture.
  torch::jit::setGraphExecutorOptimize(false);
  torch::jit::Module module;
  try {
    module = torch::jit::load(path.string(), torch::kCPU);
    module.eval();
  } catch (const std::exception& error) {
    throw item_error("{}: no TorchScript program that can be loaded: {}", path.string(),
                     first_line(error));
  }
  return std::make_shared<ScriptDenoiser>(std::move(module), name);
}

}  // namespace restore
