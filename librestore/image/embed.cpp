#include "librestore/image/embed.h"

#include "librestore/core/error.h"
#include "librestore/image/file_bytes.h"
#include "librestore/image/jpeg_segments.h"
#include "librestore/image/png_chunks.h"
#include "librestore/image/tags.h"
#include "librestore/image/webp_chunks.h"

namespace restore {
namespace {

using Bytes = std::vector<std::uint8_t>;

EncodedTags tags_for(const WriteRequest& request) {
  return encode_tags(*request.metadata, *request.format, request.layout.width,
                     request.layout.height);
}

// The profile where the format can hold it, else nothing.
Bytes profile_for(const WriteRequest& request) {
  const Bytes& profile = request.metadata->colour_profile;
  const int channels = request.layout.colour_channels();
  return profile_fits(profile, channels, *request.format) ? profile : Bytes();
}

template <typename Body>
auto with_errors_about(const WriteRequest& request, const Body& body) {
  try {
    return body();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw item_error("{}: cannot write its metadata: {}", request.shown.string(), error.what());
  }
}

}  // namespace

bool embeds_tags(const Metadata& metadata, const Format& target, std::int64_t pixel_bytes) {
  constexpr std::int64_t kLargestTiff = std::int64_t{1} << 30;
  return (metadata.tags || metadata.history) && target.tags &&
         (target.name != "tiff" || pixel_bytes <= kLargestTiff);
}

std::vector<std::uint8_t> png_chunks_for(const WriteRequest& request) {
  return with_errors_about(request, [&] {
    const EncodedTags tags = tags_for(request);
    Bytes chunks = request.metadata->png_chunks;
    // libpng refuses to write profiles that it does not like, wherever they come from.
    if (const Bytes profile = profile_for(request); !profile.empty())
      append_png_profile(chunks, profile);
    if (!tags.exif.empty()) append_png_chunk(chunks, "eXIf", tags.exif);
    if (!tags.xmp.empty()) append_png_xmp(chunks, tags.xmp);
    if (!tags.iptc.empty()) append_png_iptc(chunks, tags.iptc);
    return chunks;
  });
}

std::vector<std::uint8_t> complete_webp(std::span<const std::uint8_t> file,
                                        const WriteRequest& request) {
  return with_errors_about(request, [&] {
    const EncodedTags tags = tags_for(request);
    return with_webp_chunks(
        file, {profile_for(request), tags.exif, Bytes(tags.xmp.begin(), tags.xmp.end())});
  });
}

void embed_tags(const WriteRequest& request) {
  const std::string& format = request.format->name;
  if (!request.embeds_tags || (format != "jpeg" && format != "tiff")) return;
  with_errors_about(request, [&] {
    // All of a JPEG's tags come before its first scan; the directory of a TIFF may lie anywhere.
    const bool is_jpeg = format == "jpeg";
    const Bytes old = is_jpeg ? jpeg_head(request.path) : read_file(request.path);
    with_tags(old, *request.metadata, *request.format, request.layout.width, request.layout.height,
              [&](std::span<const std::uint8_t> tagged) {
                if (is_jpeg)
                  replace_head(request.path, old.size(), tagged, request.shown);
                else
                  write_file(request.path, tagged, request.shown);
              });
  });
}

}  // namespace restore
