// Metadata that OpenImageIO 2.4's writers drop or damage, added to the file after the pixels.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "librestore/image/formats.h"
#include "librestore/image/metadata.h"

namespace restore {

// Whether EXIF, IPTC and XMP come this way, so that OpenImageIO's partial versions stay away.
// `pixel_bytes` bounds the size of the file, which is held in memory meanwhile.
bool embeds_tags(const Metadata& metadata, const Format& target, std::int64_t pixel_bytes);

// Completes the picture file at `path`, which holds `width` x `height` pixels. Throws an item error
// about `shown`.
void embed_metadata(const Metadata& metadata, const Format& target, std::int64_t width,
                    std::int64_t height, const std::filesystem::path& path,
                    const std::filesystem::path& shown);

}  // namespace restore
