#include "librestore/image/embed.h"

#include "librestore/core/error.h"
#include "librestore/image/file_bytes.h"
#include "librestore/image/png_chunks.h"
#include "librestore/image/tags.h"
#include "librestore/image/webp_chunks.h"

namespace restore {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes png_with(const Bytes& file, const Metadata& metadata, const EncodedTags& tags) {
  Bytes chunks = metadata.png_chunks;
  if (!tags.exif.empty()) append_png_chunk(chunks, "eXIf", tags.exif);
  if (!tags.xmp.empty()) append_png_xmp(chunks, tags.xmp);
  if (!tags.iptc.empty()) append_png_iptc(chunks, tags.iptc);
  return with_png_chunks(file, chunks);
}

Bytes webp_with(const Bytes& file, const Metadata& metadata, const Format& target,
                const EncodedTags& tags) {
  constexpr int kChannels = 3;
  const bool fits = profile_fits(metadata.colour_profile, kChannels, target);
  return with_webp_chunks(file, {fits ? metadata.colour_profile : Bytes(), tags.exif,
                                 Bytes(tags.xmp.begin(), tags.xmp.end())});
}

}  // namespace

bool embeds_tags(const Metadata& metadata, const Format& target, std::int64_t pixel_bytes) {
  constexpr std::int64_t kLargest = std::int64_t{1} << 30;
  return metadata.tags != nullptr && target.tags && pixel_bytes <= kLargest;
}

void embed_metadata(const Metadata& metadata, const Format& target, std::int64_t width,
                    std::int64_t height, const std::filesystem::path& path,
                    const std::filesystem::path& shown) {
  try {
    const Bytes file = read_file(path);
    Bytes complete;
    if (target.name == "png") {
      complete = png_with(file, metadata, encode_tags(metadata, target, width, height));
    } else if (target.name == "webp") {
      complete = webp_with(file, metadata, target, encode_tags(metadata, target, width, height));
    } else {
      complete = with_tags(file, metadata, target, width, height);
    }
    write_file(path, complete, shown);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw item_error("{}: cannot write its metadata: {}", shown.string(), error.what());
  }
}

}  // namespace restore
