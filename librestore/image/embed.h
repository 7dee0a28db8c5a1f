// Metadata that OpenImageIO 2.4's writers drop or damage, added to the file after the pixels.
#pragma once

#include <cstdint>

#include "librestore/image/picture_file.h"

namespace restore {

// Whether EXIF, IPTC and XMP come this way, so that OpenImageIO's partial versions stay away.
// `pixel_bytes` bounds the size of the file, which is held in memory meanwhile.
bool embeds_tags(const Metadata& metadata, const Format& target, std::int64_t pixel_bytes);

// Completes the picture file at `request.path` with the metadata, which is there. Throws an item error
// about `request.shown`.
void embed_metadata(const WriteRequest& request);

}  // namespace restore
