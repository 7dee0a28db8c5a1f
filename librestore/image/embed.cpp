#include "librestore/image/embed.h"

#include "librestore/core/error.h"
#include "librestore/image/file_bytes.h"
#include "librestore/image/png_chunks.h"
#include "librestore/image/tags.h"
#include "librestore/image/webp_chunks.h"

namespace restore {
namespace {

using Bytes = std::vector<std::uint8_t>;

// libpng refuses to write profiles that it does not like, wherever they come from.
Bytes png_with(const Bytes& file, const WriteRequest& request, const EncodedTags& tags) {
  const Metadata& metadata = *request.metadata;
  Bytes chunks = metadata.png_chunks;
  if (profile_fits(metadata.colour_profile, request.layout.colour_channels(), *request.format))
    append_png_profile(chunks, metadata.colour_profile);
  if (!tags.exif.empty()) append_png_chunk(chunks, "eXIf", tags.exif);
  if (!tags.xmp.empty()) append_png_xmp(chunks, tags.xmp);
  if (!tags.iptc.empty()) append_png_iptc(chunks, tags.iptc);
  return with_png_chunks(file, chunks);
}

Bytes webp_with(const Bytes& file, const WriteRequest& request, const EncodedTags& tags) {
  const Metadata& metadata = *request.metadata;
  const bool fits =
      profile_fits(metadata.colour_profile, request.layout.colour_channels(), *request.format);
  return with_webp_chunks(file, {fits ? metadata.colour_profile : Bytes(), tags.exif,
                                 Bytes(tags.xmp.begin(), tags.xmp.end())});
}

Bytes completed(const Bytes& file, const WriteRequest& request) {
  const std::int64_t width = request.layout.width, height = request.layout.height;
  const Format& target = *request.format;
  if (target.name != "png" && target.name != "webp")
    return with_tags(file, *request.metadata, target, width, height);
  const auto tags = encode_tags(*request.metadata, target, width, height);
  return target.name == "png" ? png_with(file, request, tags) : webp_with(file, request, tags);
}

}  // namespace

bool embeds_tags(const Metadata& metadata, const Format& target, std::int64_t pixel_bytes) {
  constexpr std::int64_t kLargest = std::int64_t{1} << 30;
  return (metadata.tags || metadata.history) && target.tags && pixel_bytes <= kLargest;
}

void embed_metadata(const WriteRequest& request) {
  try {
    write_file(request.path, completed(read_file(request.path), request), request.shown);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw item_error("{}: cannot write its metadata: {}", request.shown.string(), error.what());
  }
}

}  // namespace restore
