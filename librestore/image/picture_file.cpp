#include "librestore/image/picture_file.h"

#include "librestore/image/icc_profile.h"
#include "librestore/image/png_chunks.h"

namespace restore {

std::unique_ptr<PictureReader> open_picture(const std::filesystem::path& path,
                                            std::int64_t max_pixels) {
  const Container container = check_picture_file(path, max_pixels);
  auto profile = read_colour_profile(path, container);
  const SourceTags tags = read_tags(path);
  // OpenImageIO 2.4 does not ask a HEIC for it.
  if (container == Container::other && flaw_of_profile(tags.colour_profile).empty())
    profile = tags.colour_profile;
  auto reader = container == Container::webp ? open_webp(path, tags, max_pixels)
                                             : open_with_oiio(path, container, tags, max_pixels);
  Metadata& metadata = *reader->header().metadata;
  metadata.tags = tags.tags;
  if (!profile.empty()) metadata.colour_profile = std::move(profile);
  if (!metadata.resolution.contains("XResolution")) metadata.resolution.merge(tags.resolution);
  if (container == Container::png) metadata.png_chunks = kept_png_chunks(path);
  return reader;
}

std::unique_ptr<PictureWriter> create_picture(const WriteRequest& request) {
  return request.format->name == "webp" ? create_webp(request) : create_with_oiio(request);
}

}  // namespace restore
