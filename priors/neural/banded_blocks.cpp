#include "priors/neural/banded_blocks.h"

#include <array>
#include <bit>

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/grad_mode.h>

#include "priors/neural/fused_kernels.h"
#include "priors/neural/gated_depthwise.h"

namespace restore {
namespace {

// 1 x C x H x W, channels-last, as HW x C.
torch::Tensor pixels_of(const torch::Tensor& item) {
  return item.permute({0, 2, 3, 1}).view({-1, item.size(1)});
}

// Rows of a band. A quarter of a million values are worth the calls, which cost as much as some ten
// thousand values each; an even number of bands suits two threads and more.
std::int64_t band_rows(const torch::Tensor& x) {
  constexpr std::int64_t kPairOfBands = 1 << 19;
  const auto height = x.size(2), values = x.size(1) * height * x.size(3);
  if (2 * values <= kPairOfBands) return height;
  const auto bands = 2 * ((values + kPairOfBands - 1) / kPairOfBands);
  return (height + bands - 1) / bands;
}

// Of a part that PackedPointwise takes and the cache holds, 2^16 values.
std::int64_t part_pixels(std::int64_t channels) {
  return std::min(PackedPointwise::kMostPixels, (1 << 16) / channels);
}

// Calls run(first, count) for parts of [0, pixels).
template <typename Run>
void for_parts(std::int64_t pixels, std::int64_t channels, const Run& run) {
  const auto most = part_pixels(channels);
  for (std::int64_t first = 0; first < pixels;) {
    const auto count = std::bit_floor(static_cast<std::uint64_t>(std::min(pixels - first, most)));
    run(first, static_cast<std::int64_t>(count));
    first += static_cast<std::int64_t>(count);
  }
}

bool is_half(const torch::Tensor& x) { return x.scalar_type() == torch::kBFloat16; }

// What the layers of one thread hand on: the depthwise convolution a band, the others a part of the
// pixels.
struct Workspace {
  Workspace(std::int64_t band_pixels, std::int64_t channels, torch::ScalarType type)
      : band(torch::empty({band_pixels, channels}, type)),
        normed(torch::empty({part_pixels(channels), channels}, type)),
        first(torch::empty_like(normed)),
        gated(torch::empty_like(normed)),
        statistics(torch::empty({part_pixels(channels), 2})) {}

  torch::Tensor band, normed, first, gated, statistics;
};

PackedPointwise packed(const Layers& layers, const std::string& name,
                       PackedPointwise::Result result) {
  return {layers.weight(name), layers.bias(name), result};
}

// Outputs [from, from + count) of a layer.
PackedPointwise packed_part(const Layers& layers, const std::string& name, std::int64_t from,
                            std::int64_t count, PackedPointwise::Result result) {
  auto bias = layers.bias(name);
  if (bias) bias = bias->narrow(0, from, count);
  return {layers.weight(name).narrow(0, from, count), bias, result};
}

}  // namespace

BandedBlocks::Weights BandedBlocks::weights_of(const Layers& layers, const std::string& name) {
  using enum PackedPointwise::Result;
  const auto c = layers.weight(name + ".mix").size(1);
  const auto depthwise = layers.weight(name + ".depthwise");
  const auto shift = layers.bias(name + ".depthwise");
  // As gated_depthwise wants them.
  const auto ordered = [&](const torch::Tensor& values) {
    const auto single = values.to(torch::kFloat32).contiguous();
    if (!is_half(depthwise)) return single;
    constexpr auto kHalf = kernels::kDepthwiseChannels / 2;
    return single.view({-1, kHalf, 2}).transpose(1, 2).contiguous();
  };
  return {packed(layers, name + ".expand", plain),
          packed(layers, name + ".project", added),
          packed_part(layers, name + ".mix", 0, c, plain),
          packed_part(layers, name + ".mix", c, c, multiplied),
          packed(layers, name + ".merge", added),
          ordered(depthwise.view({2 * c, 9}).t()),
          shift ? ordered(*shift) : torch::zeros({2 * c})};
}

// One block on the rows of one item.
class BandedBlocks::Block {
 public:
  Block(const BandedBlocks& blocks, const std::string& name, const torch::Tensor& embedding)
      : weights_(blocks.packed_.at(name)) {
    const auto noise = modulations(blocks.config_, Layers(blocks.weights_), name, embedding);
    first_ = {noise[0].scale.contiguous(), noise[0].shift.contiguous()};
    second_ = {noise[1].scale.contiguous(), noise[1].shift.contiguous()};
  }

  // wide <- W1 norm(x), pixels as rows.
  void expand(const torch::Tensor& x, const torch::Tensor& wide, Workspace& work) const {
    norm(first_, x, work);
    weights_.expand.run(x.size(0), work.normed.data_ptr(), wide.data_ptr());
  }

  // work.band <- gate(dw3x3(wide)) on some rows. wide: 1 x 2C x (H + 2) x W, with a row of zeros
  // above and below.
  void depthwise(const torch::Tensor& wide, std::int64_t begin, std::int64_t rows,
                 Workspace& work) const {
    kernels::gated_depthwise({wide.size(3), work.band.size(1), weights_.taps.data_ptr<float>(),
                              weights_.shift.data_ptr<float>()},
                             rows, wide.narrow(2, begin, rows + 2).data_ptr(), work.band.data_ptr(),
                             is_half(wide));
  }

  // x += W2 h;   x += W4 gate(W3 norm(x)), pixels as rows.
  void finish(const torch::Tensor& x, const torch::Tensor& h, Workspace& work) const {
    const auto pixels = x.size(0);
    void *normed = work.normed.data_ptr(), *first = work.first.data_ptr(),
         *gated = work.gated.data_ptr();
    weights_.project.run(pixels, h.data_ptr(), x.data_ptr());
    norm(second_, x, work);
    weights_.mix_first.run(pixels, normed, first);
    weights_.mix_second.run(pixels, normed, gated, first);
    weights_.merge.run(pixels, gated, x.data_ptr());
  }

 private:
  static void norm(const Modulation& modulation, const torch::Tensor& x, Workspace& work) {
    kernels::channel_norm_forward(
        {1, x.size(0), x.size(1)}, x.data_ptr<float>(), modulation.scale.data_ptr<float>(),
        modulation.shift.data_ptr<float>(), work.statistics.data_ptr<float>(),
        work.normed.data_ptr(), is_half(work.normed));
  }

  const Weights& weights_;
  Modulation first_, second_;  // 1 x C each
};

BandedBlocks::BandedBlocks(const BlockConfig& config, const NamedTensors& weights,
                           const std::vector<std::string>& names)
    : config_(config), weights_(weights) {
  if (names.empty() || config.kind != BlockKind::gated) return;
  const Layers layers(weights);
  if (!PackedPointwise::takes(layers.type(names[0] + ".mix"))) return;
  for (const auto& name : names) packed_.emplace(name, weights_of(layers, name));
}

bool BandedBlocks::fit(const torch::Tensor& x) const {
  return !packed_.empty() && !torch::GradMode::is_enabled() && x.is_cpu() &&
         x.scalar_type() == torch::kFloat32 && x.size(1) % kernels::kDepthwiseChannels == 0 &&
         x.is_contiguous(at::MemoryFormat::ChannelsLast);
}

void BandedBlocks::run(const std::vector<std::string>& names, const torch::Tensor& embedding,
                       torch::Tensor& x) const {
  if (names.empty()) return;
  const auto channels = x.size(1), height = x.size(2), width = x.size(3);
  const auto band = band_rows(x);
  const auto bands = (height + band - 1) / band;
  const auto type = Layers(weights_).type(names[0] + ".expand");
  std::array<torch::Tensor, 2> wide;  // of this block and of the next
  for (auto& buffer : wide) {
    buffer = torch::empty({1, 2 * channels, height + 2, width},
                          x.options().dtype(type).memory_format(at::MemoryFormat::ChannelsLast));
    for (const auto row : {std::int64_t{0}, height + 1}) buffer.narrow(2, row, 1).zero_();
  }
  const auto for_bands = [&](const auto& run_band) {
    at::parallel_for(0, bands, 1, [&](std::int64_t first, std::int64_t end) {
      const torch::NoGradGuard no_grad;  // of this thread
      Workspace work(band * width, channels, type);
      for (std::int64_t i = first; i < end; ++i)
        run_band(i * band, std::min(band, height - i * band), work);
    });
  };
  for (std::int64_t n = 0; n < x.size(0); ++n) {
    const auto item = pixels_of(x.narrow(0, n, 1));
    std::vector<Block> blocks;
    for (const auto& name : names) blocks.emplace_back(*this, name, embedding.narrow(0, n, 1));
    // The input of block i's depthwise convolution for the pixels from `first` on.
    const auto expand = [&](std::size_t i, std::int64_t first, std::int64_t count,
                            Workspace& work) {
      const auto to = pixels_of(wide[i % 2]).narrow(0, first + width, count);
      blocks[i].expand(item.narrow(0, first, count), to, work);
    };
    for_bands([&](std::int64_t begin, std::int64_t count, Workspace& work) {
      for_parts(count * width, channels, [&](std::int64_t first, std::int64_t pixels) {
        expand(0, begin * width + first, pixels, work);
      });
    });
    for (std::size_t i = 0; i < blocks.size(); ++i)
      for_bands([&](std::int64_t begin, std::int64_t count, Workspace& work) {
        blocks[i].depthwise(wide[i % 2], begin, count, work);
        for_parts(count * width, channels, [&](std::int64_t first, std::int64_t pixels) {
          const auto at = begin * width + first;
          blocks[i].finish(item.narrow(0, at, pixels), work.band.narrow(0, first, pixels), work);
          if (i + 1 < blocks.size()) expand(i + 1, at, pixels, work);
        });
      });
  }
}

}  // namespace restore
