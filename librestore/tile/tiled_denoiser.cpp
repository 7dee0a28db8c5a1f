#include "librestore/tile/tiled_denoiser.h"

#include "librestore/core/error.h"
#include "librestore/core/interrupt.h"
#include "librestore/tile/tile_plan.h"

namespace restore {
namespace {

torch::Tensor cut(const torch::Tensor& x, const Region& region) {
  return x.narrow(2, region.y0, region.height()).narrow(3, region.x0, region.width());
}

}  // namespace

TiledDenoiser::TiledDenoiser(std::shared_ptr<const Denoiser> prior, std::int64_t core)
    : prior_(std::move(prior)), core_(core) {
  if (core_ < 1) throw usage_error("the tile size must be at least 1 pixel, got {}", core_);
  if (!prior_->receptive_field())
    throw usage_error("prior '{}' looks at the whole picture and cannot be tiled", prior_->name());
}

torch::Tensor TiledDenoiser::denoise(const torch::Tensor& x, double sigma) const {
  const auto tiles =
      plan_tiles(x.size(2), x.size(3), core_, *prior_->receptive_field(), prior_->alignment());
  if (tiles.size() == 1) return prior_->denoise(x, sigma);
  auto estimate = torch::empty_like(x, at::MemoryFormat::Contiguous);
  for (const auto& tile : tiles) {
    throw_if_interrupted();
    const auto window = prior_->denoise(cut(x, tile.window).contiguous(), sigma);
    const Region inside{tile.core.y0 - tile.window.y0, tile.core.x0 - tile.window.x0,
                        tile.core.y1 - tile.window.y0, tile.core.x1 - tile.window.x0};
    cut(estimate, tile.core).copy_(cut(window, inside));
  }
  return estimate;
}

}  // namespace restore
