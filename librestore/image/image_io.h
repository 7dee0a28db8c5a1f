// Reads and writes PNG, JPEG, TIFF, WebP, EXR and whatever else OpenImageIO knows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "librestore/core/temporary_file.h"
#include "librestore/image/image.h"

namespace restore {

struct LoadOptions {
  std::int64_t max_pixels = std::int64_t{1} << 30;  // refused before anything is allocated
};

// Throws an item error (one line: path, what, what to do) when the file is missing, unreadable,
// truncated, empty, too large, holds NaN or infinity, or has a channel layout that is no picture.
Image load_image(const std::filesystem::path& path, const LoadOptions& options = {});

// How a result came about, for XMP's xmpMM:History, where it follows what happened to the picture
// before; in an EXR, which holds no XMP, for the attribute ImageHistory. BMP and PNM hold neither.
struct HistoryEntry {
  std::string software;    // "restore-pnp 0.1.0"
  std::string parameters;  // "method hqs, seed 0"
};

struct SaveOptions {
  int jpeg_quality = 95;  // 1..100, also for lossy WebP
  std::optional<HistoryEntry> history{};
  bool strip = false;  // leave out all metadata, colour profile, resolution and history included
  IfExists if_exists = IfExists::replace;  // a file of that name, by the time that all is written
};

// Writes atomically: temporary file in the same folder, metadata, fsync, rename. The format follows
// the extension; the sample type is the image's where the format can hold it, else the nearest that
// it can (half -> uint16 in PNG, uint16 -> uint8 in JPEG). Integer samples are clamped and rounded.
void save_image(const Image& image, const std::filesystem::path& path,
                const SaveOptions& options = {});

// A mask as a 1 x 1 x H x W bool tensor: true where the picture's grey value (alpha ignored unless
// it is all there is) is above `threshold`.
torch::Tensor load_mask(const std::filesystem::path& path, double threshold = 0.5,
                        const LoadOptions& load = {});

// Extensions (lower case, with dot) that a folder scan takes for pictures and that save_image
// writes.
const std::vector<std::string>& image_extensions();
bool is_image_path(const std::filesystem::path& path);

}  // namespace restore
