#include "priors/neural/banded_blocks.h"

#include <array>
#include <cstring>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/grad_mode.h>

#include "priors/neural/fused_kernels.h"
#include "priors/neural/fused_ops.h"
#include "priors/neural/layers/lanes.h"

namespace restore {
namespace {

// Rows [begin, begin + count) of an item: contiguous, because the item is channels-last.
torch::Tensor rows(const torch::Tensor& item, std::int64_t begin, std::int64_t count) {
  return item.narrow(2, begin, count);
}

// x += h, x float32.
void add_in_place(torch::Tensor x, const torch::Tensor& h) {
  if (h.scalar_type() == torch::kBFloat16)
    kernels::add_half(x.numel(), x.data_ptr<float>(), h.data_ptr(), x.data_ptr<float>());
  else
    x.add_(h);
}

// One block on the rows of one item.
struct BandedBlock {
  const Layers& layers;
  const std::string& name;
  Modulation first, second;  // 1 x C each

  // wide <- W1 norm(x): 1 x 2C x (H + 2) x W with a row of zeros above and below.
  void expand(const torch::Tensor& x, const torch::Tensor& wide, std::int64_t begin,
              std::int64_t count) const {
    const auto h = layers.convolution(
        name + ".expand",
        channel_norm(rows(x, begin, count), first.scale, first.shift, wide.scalar_type()));
    std::memcpy(rows(wide, begin + 1, count).data_ptr(), h.data_ptr(), h.nbytes());
  }

  void finish(const torch::Tensor& x_item, const torch::Tensor& wide, std::int64_t begin,
              std::int64_t count) const {
    const auto x = rows(x_item, begin, count);
    // x += W2 gate(dw3x3(wide))
    constexpr std::array<std::int64_t, 2> kOne = {1, 1}, kColumns = {0, 1};
    auto h = at::conv2d(rows(wide, begin, count + 2), layers.weight(name + ".depthwise"),
                        layers.bias(name + ".depthwise"), kOne, kColumns, kOne, wide.size(1));
    add_in_place(x, layers.convolution(name + ".project", gate(h)));
    // x += W4 gate(W3 norm(x))
    h = channel_norm(x, second.scale, second.shift, wide.scalar_type());
    h = gate(layers.convolution(name + ".mix", h));
    add_in_place(x, layers.convolution(name + ".merge", h));
  }
};

// Rows of a band. A million values are worth the calls, which cost as much as some ten thousand values each,
// and near enough to the caches; an even number of bands suits two threads and more.
std::int64_t band_rows(const torch::Tensor& x) {
  constexpr std::int64_t kPairOfBands = 2 << 20;
  const auto height = x.size(2), values = x.size(1) * height * x.size(3);
  if (2 * values <= kPairOfBands) return height;
  const auto bands = 2 * ((values + kPairOfBands - 1) / kPairOfBands);
  return (height + bands - 1) / bands;
}

}  // namespace

bool fits_bands(const BlockConfig& config, const torch::Tensor& x) {
  return config.kind == BlockKind::gated && !torch::GradMode::is_enabled() && x.is_cpu() &&
         x.scalar_type() == torch::kFloat32 && x.size(1) % kernels::kLanes == 0 &&
         x.is_contiguous(at::MemoryFormat::ChannelsLast);
}

void run_in_bands(const BlockConfig& config, const Layers& layers,
                  const std::vector<std::string>& names, const torch::Tensor& embedding,
                  torch::Tensor& x) {
  if (names.empty()) return;
  const auto channels = x.size(1), height = x.size(2), width = x.size(3);
  const auto band = band_rows(x);
  const auto bands = (height + band - 1) / band;
  const auto options = x.options()
                           .dtype(layers.type(names[0] + ".expand"))
                           .memory_format(at::MemoryFormat::ChannelsLast);
  std::array<torch::Tensor, 2> wide;  // of this block and of the next
  for (std::size_t i = 0; i < std::min(wide.size(), names.size()); ++i) {
    auto& buffer = wide[i];
    buffer = torch::empty({1, 2 * channels, height + 2, width}, options);
    rows(buffer, 0, 1).zero_();
    rows(buffer, height + 1, 1).zero_();
  }
  const auto for_bands = [&](const auto& run) {
    at::parallel_for(0, bands, 1, [&](std::int64_t first, std::int64_t end) {
      const torch::NoGradGuard no_grad;  // of this thread
      for (std::int64_t i = first; i < end; ++i) run(i * band, std::min(band, height - i * band));
    });
  };
  for (std::int64_t n = 0; n < x.size(0); ++n) {
    const auto item = x.narrow(0, n, 1);
    std::vector<BandedBlock> blocks;
    for (const auto& name : names) {
      const auto noise = modulations(config, layers, name, embedding.narrow(0, n, 1));
      blocks.push_back({layers, name, noise[0], noise[1]});
    }
    for_bands([&](std::int64_t begin, std::int64_t count) {
      blocks[0].expand(item, wide[0], begin, count);
    });
    for (std::size_t i = 0; i < blocks.size(); ++i)
      for_bands([&](std::int64_t begin, std::int64_t count) {
        blocks[i].finish(item, wide[i % 2], begin, count);
        if (i + 1 < blocks.size()) blocks[i + 1].expand(item, wide[(i + 1) % 2], begin, count);
      });
  }
}

}  // namespace restore
