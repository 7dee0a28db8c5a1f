#include "librestore/tile/tiled_denoiser.h"

#include "librestore/core/error.h"
#include "librestore/core/interrupt.h"
#include "librestore/tile/tile_plan.h"

namespace restore {
namespace {

// The side of a tile with its halo.
std::int64_t window_side(const Denoiser& prior, std::int64_t core) {
  return core + 2 * std::int64_t{*prior.receptive_field()};
}

std::int64_t items_at_once(const Denoiser& prior, const torch::Tensor& x, std::int64_t core) {
  const auto pixels = window_side(prior, core) * window_side(prior, core);
  return std::max<std::int64_t>(pixels / std::min(pixels, x.size(2) * x.size(3)), 1);
}

// One where the picture is no larger than a tile with its halo.
std::vector<Tile> tiles_for(const Denoiser& prior, const torch::Tensor& x, std::int64_t core) {
  const auto side = std::max(x.size(2), x.size(3));
  if (side <= window_side(prior, core)) core = side;
  return plan_tiles(x.size(2), x.size(3), core, *prior.receptive_field(), prior.alignment());
}

}  // namespace

TiledDenoiser::TiledDenoiser(std::shared_ptr<const Denoiser> prior, std::int64_t core)
    : DenoiserWrapper(std::move(prior)), core_(core) {
  if (core_ < 1) throw usage_error("the tile size must be at least 1 pixel, got {}", core_);
  if (!inner()->receptive_field())
    throw usage_error("prior '{}' looks at the whole picture and cannot be tiled", inner()->name());
}

torch::Tensor TiledDenoiser::denoise(const torch::Tensor& x, double sigma) const {
  if (const auto items = items_at_once(*inner(), x, core_); x.size(0) > items) {
    std::vector<torch::Tensor> estimates;
    for (const auto& group : x.split(items)) estimates.push_back(denoise(group, sigma));
    return torch::cat(estimates);
  }
  const auto tiles = tiles_for(*inner(), x, core_);
  if (tiles.size() == 1) return inner()->denoise(x, sigma);
  auto estimate = torch::empty_like(x, at::MemoryFormat::Contiguous);
  for (const auto& tile : tiles) {
    throw_if_interrupted();
    const auto window = inner()->denoise(cut(x, tile.window).contiguous(), sigma);
    cut(estimate, tile.core).copy_(cut(window, tile.core.inside(tile.window)));
  }
  return estimate;
}

TiledMmseDenoiser::TiledMmseDenoiser(std::shared_ptr<const MmseDenoiser> prior, std::int64_t core)
    : MmseWrapper(std::move(prior)), values_(inner(), core), core_(core) {}

Linearization TiledMmseDenoiser::linearize(const torch::Tensor& x, double sigma) const {
  if (const auto items = items_at_once(*inner(), x, core_); x.size(0) > items) {
    const auto pullback = [tiled = *this, groups = x.split(items), items,
                           sigma](const torch::Tensor& v) {
      const auto weights = v.split(items);
      std::vector<torch::Tensor> gradients;
      for (std::size_t k = 0; k < groups.size(); ++k)
        gradients.push_back(tiled.linearize(groups[k], sigma).vjp(weights[k]));
      return torch::cat(gradients);
    };
    return {values_.denoise(x, sigma), pullback};
  }
  const auto tiles = tiles_for(*inner(), x, core_);
  if (tiles.size() == 1) return inner()->linearize(x, sigma);
  // D = sum_t P_t^T C_t D_t(W_t x), so J^T v = sum_t W_t^T J_t^T C_t^T P_t v: window, core, place.
  const auto pullback = [prior = inner(), x, sigma, tiles](const torch::Tensor& v) {
    auto sum = torch::zeros_like(v, at::MemoryFormat::Contiguous);
    for (const auto& tile : tiles) {
      throw_if_interrupted();
      const auto window = cut(x, tile.window).contiguous();
      auto weight = torch::zeros_like(window);
      cut(weight, tile.core.inside(tile.window)).copy_(cut(v, tile.core));
      cut(sum, tile.window).add_(prior->linearize(window, sigma).vjp(weight));
    }
    return sum;
  };
  return {values_.denoise(x, sigma), pullback};
}

std::shared_ptr<const Denoiser> tiled(const std::shared_ptr<const Denoiser>& prior,
                                      std::int64_t core) {
  if (auto mmse = std::dynamic_pointer_cast<const MmseDenoiser>(prior))
    return std::make_shared<TiledMmseDenoiser>(std::move(mmse), core);
  return std::make_shared<TiledDenoiser>(prior, core);
}

}  // namespace restore
