#include "priors/neural/banded_blocks.h"

#include <array>
#include <bit>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/grad_mode.h>

#include "librestore/core/lanes.h"
#include "priors/neural/fused_kernels.h"

namespace restore {
namespace {

// 1 x C x H x W, channels-last, as HW x C.
torch::Tensor pixels_of(const torch::Tensor& item) {
  return item.permute({0, 2, 3, 1}).view({-1, item.size(1)});
}

// Rows of a band. A quarter of a million values are worth the calls, which cost as much as some ten thousand
// values each; an even number of bands suits two threads and more.
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

// What the layers of one thread hand on, a part of the pixels at a time.
struct Workspace {
  Workspace(std::int64_t channels, torch::ScalarType type)
      : normed(torch::empty({part_pixels(channels), channels}, type)),
        first(torch::empty_like(normed)),
        gated(torch::empty_like(normed)),
        statistics(torch::empty({part_pixels(channels), 2})) {}

  bool half() const { return normed.scalar_type() == torch::kBFloat16; }

  torch::Tensor normed, first, gated, statistics;
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

// One block on the rows of one item.
class BandedBlocks::Block {
 public:
  Block(const BandedBlocks& blocks, const std::string& name, const torch::Tensor& embedding)
      : layers_(blocks.weights_), name_(name), pointwise_(blocks.pointwise_.at(name)) {
    const auto noise = modulations(blocks.config_, layers_, name, embedding);
    first_ = {noise[0].scale.contiguous(), noise[0].shift.contiguous()};
    second_ = {noise[1].scale.contiguous(), noise[1].shift.contiguous()};
  }

  // wide <- W1 norm(x), pixels as rows.
  void expand(const torch::Tensor& x, const torch::Tensor& wide, Workspace& work) const {
    norm(first_, x, work);
    pointwise_.expand.run(x.size(0), work.normed.data_ptr(), wide.data_ptr());
  }

  // dw3x3(wide) on a band. wide: 1 x 2C x (H + 2) x W with a row of zeros above and below.
  torch::Tensor depthwise(const torch::Tensor& wide, std::int64_t begin, std::int64_t count) const {
    constexpr std::array<std::int64_t, 2> kOne = {1, 1}, kColumns = {0, 1};
    return at::conv2d(wide.narrow(2, begin, count + 2), layers_.weight(name_ + ".depthwise"),
                      layers_.bias(name_ + ".depthwise"), kOne, kColumns, kOne, wide.size(1));
  }

  // x += W2 gate(h);   x += W4 gate(W3 norm(x)), pixels as rows.
  void finish(const torch::Tensor& x, const torch::Tensor& h, Workspace& work) const {
    const auto pixels = x.size(0);
    void *normed = work.normed.data_ptr(), *first = work.first.data_ptr(),
         *gated = work.gated.data_ptr();
    kernels::gate_forward(pixels, x.size(1), h.data_ptr(), gated, work.half());
    pointwise_.project.run(pixels, gated, x.data_ptr());
    norm(second_, x, work);
    pointwise_.mix_first.run(pixels, normed, first);
    pointwise_.mix_second.run(pixels, normed, gated, first);
    pointwise_.merge.run(pixels, gated, x.data_ptr());
  }

 private:
  static void norm(const Modulation& modulation, const torch::Tensor& x, Workspace& work) {
    kernels::channel_norm_forward(
        {1, x.size(0), x.size(1)}, x.data_ptr<float>(), modulation.scale.data_ptr<float>(),
        modulation.shift.data_ptr<float>(), work.statistics.data_ptr<float>(),
        work.normed.data_ptr(), work.half());
  }

  Layers layers_;
  const std::string& name_;
  const Pointwise& pointwise_;
  Modulation first_, second_;  // 1 x C each
};

BandedBlocks::BandedBlocks(const BlockConfig& config, const NamedTensors& weights,
                           const std::vector<std::string>& names)
    : config_(config), weights_(weights) {
  if (names.empty() || config.kind != BlockKind::gated) return;
  const Layers layers(weights);
  if (!PackedPointwise::takes(layers.type(names[0] + ".mix"))) return;
  using enum PackedPointwise::Result;
  for (const auto& name : names) {
    const auto c = layers.weight(name + ".mix").size(1);
    pointwise_.emplace(name, Pointwise{packed(layers, name + ".expand", plain),
                                       packed(layers, name + ".project", added),
                                       packed_part(layers, name + ".mix", 0, c, plain),
                                       packed_part(layers, name + ".mix", c, c, multiplied),
                                       packed(layers, name + ".merge", added)});
  }
}

bool BandedBlocks::fit(const torch::Tensor& x) const {
  return !pointwise_.empty() && !torch::GradMode::is_enabled() && x.is_cpu() &&
         x.scalar_type() == torch::kFloat32 && x.size(1) % kernels::kLanes == 0 &&
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
      Workspace work(channels, type);
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
        const auto h = pixels_of(blocks[i].depthwise(wide[i % 2], begin, count));
        for_parts(count * width, channels, [&](std::int64_t first, std::int64_t pixels) {
          const auto at = begin * width + first;
          blocks[i].finish(item.narrow(0, at, pixels), h.narrow(0, first, pixels), work);
          if (i + 1 < blocks.size()) expand(i + 1, at, pixels, work);
        });
      });
  }
}

}  // namespace restore
