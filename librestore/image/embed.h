// Metadata that OpenImageIO 2.4's writers drop or damage. A PNG gets it while it is written, a WebP
// before it is, a JPEG or TIFF afterwards.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "librestore/image/picture_file.h"

namespace restore {

// Whether EXIF, IPTC and XMP come this way, so that OpenImageIO's partial versions stay away.
// `pixel_bytes` bounds the size of a TIFF, which is held in memory meanwhile.
bool embeds_tags(const Metadata& metadata, const Format& target, std::int64_t pixel_bytes);

// All of them throw item errors about `request.shown`.

// The chunks that follow a PNG's header chunk, often none.
std::vector<std::uint8_t> png_chunks_for(const WriteRequest& request);
// The WebP `file` with its profile and tags.
std::vector<std::uint8_t> complete_webp(std::span<const std::uint8_t> file,
                                        const WriteRequest& request);
// Puts the tags into the JPEG or TIFF at `request.path`, when they come this way.
void embed_tags(const WriteRequest& request);

}  // namespace restore
