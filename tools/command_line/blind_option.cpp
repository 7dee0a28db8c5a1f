#include "tools/command_line/blind_option.h"

#include <memory>
#include <utility>

#include <fmt/format.h>

#include "librestore/core/error.h"
#include "librestore/core/output_folder.h"
#include "librestore/image/image_stream.h"
#include "operators/convolution/boundary.h"
#include "operators/kernel/blind_kernel.h"
#include "operators/kernel/kernels.h"
#include "tools/batch/picture_run.h"
#include "tools/batch/side_output.h"

namespace restore {
namespace {

namespace fs = std::filesystem;

torch::Tensor middle_of(const fs::path& path, std::int64_t max_pixels) {
  ImageSource source(path, {.max_pixels = max_pixels});
  if (source.height() <= kBlindRows || !source.is_upright()) return source.whole().colour;
  const auto first = (source.height() - kBlindRows) / 2;
  source.advance(first, first + kBlindRows);
  return source.window(first, 0, kBlindRows, source.width()).colour;
}

// Rows and columns that are not zero.
std::string extent(const torch::Tensor& kernel) {
  const auto length = [&](int axis) {
    const auto used = (kernel.abs().sum(1 - axis) > 0).nonzero();
    return (used.max() - used.min()).item<std::int64_t>() + 1;
  };
  return fmt::format("kernel {} x {} px", length(1), length(0));
}

class Blind {
 public:
  Blind(const BlindOptions& options, std::string boundary, const BatchOptions& batch)
      : options_(options),
        saved_{"--save-psf", options.save_psf, ".txt"},
        boundary_(std::move(boundary)),
        max_pixels_(batch.max_pixels),
        if_exists_(if_exists_of(batch)) {}

  Degradation find(const Item& item) const {
    const auto kernel = estimate_kernel(middle_of(item.input, max_pixels_), options_.size);
    if (!options_.save_psf.empty()) {
      const auto path = saved_.file(item);
      make_folder_of(path);
      save_kernel(kernel, path, if_exists_);
    }
    Degradation degradation{fmt::format("blur({}, boundary={})", kernel_values(kernel), boundary_),
                            {}};
    degradation.remark = extent(kernel);
    return degradation;
  }

  void prepare(Item& item) {
    if (options_.save_psf.empty()) return;
    if (std::exchange(prepared_, true)) saved_.check_takes_several();
    const auto file = saved_.file(item);
    if (is_image_path(file))
      throw usage_error("--save-psf {}: a kernel is written as text, name it .txt", file.string());
    item.also_writes.push_back(file);
  }

 private:
  const BlindOptions options_;
  const SideOutput saved_;
  const std::string boundary_;
  const std::int64_t max_pixels_;
  const IfExists if_exists_;
  bool prepared_ = false;
};

}  // namespace

void add_blind_options(CLI::App& app, BlindOptions& options, CLI::Option* psf) {
  auto* blind = app.add_flag("--blind", options.wanted, "Find what blurred each picture in it")
                    ->option_text(" ")
                    ->excludes(psf);
  app.add_option("--blind-size", options.size,
                 "Side of the kernel that is looked for, px, odd (31)")
      ->option_text("N")
      ->needs(blind);
  app.add_option("--save-psf", options.save_psf,
                 "Write what was found, as text for --psf: a file or a folder")
      ->option_text("OUT")
      ->needs(blind);
}

void use_blind(UndoRun& run, const BlindOptions& options, const std::string& boundary) {
  if (options.size < kLeastBlindSize || options.size > kMostBlindSize || options.size % 2 == 0)
    throw usage_error("--blind-size {}: must be odd, {} to {}", options.size, kLeastBlindSize,
                      kMostBlindSize);
  parse_boundary(boundary);
  run.parameters["operator"] = fmt::format("blur(blind {}, boundary={})", options.size, boundary);
  const auto blind = std::make_shared<Blind>(options, boundary, run.batch);
  run.degradation = [blind](const Item& item) { return blind->find(item); };
  run.prepare = [blind](Item& item) { blind->prepare(item); };
}

}  // namespace restore
