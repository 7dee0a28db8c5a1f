// What a picture file says besides its pixels.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <OpenImageIO/imageio.h>

#include "librestore/image/formats.h"
#include "librestore/image/image.h"
#include "librestore/image/image_io.h"

namespace restore {

struct Tags;  // EXIF, IPTC, XMP and comment as Exiv2 holds them (tags.cpp)

// An EXR's data window within its display window.
struct Windows {
  int x = 0, y = 0, full_x = 0, full_y = 0, full_width = 0, full_height = 0;
};

struct Metadata {
  std::string format;                      // OpenImageIO's name of the source's format
  bool lossy = false;                      // the source was a JPEG or a lossy WebP
  std::string compression;                 // of a TIFF or EXR
  std::vector<std::string> channel_names;  // of an EXR
  std::int64_t width = 0;                  // of the upright source, pixels
  std::int64_t height = 0;
  Windows windows;
  std::vector<std::uint8_t> colour_profile;  // ICC
  std::vector<std::uint8_t> png_chunks;      // colour and text chunks of a PNG
  OIIO::ParamValueList resolution;           // XResolution, YResolution, unit, pixel aspect
  OIIO::ParamValueList encoding;             // transfer curve other than sRGB's
  OIIO::ParamValueList attributes;           // everything else that describes the picture
  std::shared_ptr<const Tags> tags;          // null without Exiv2 or without tags
  std::optional<HistoryEntry> history;       // to be added when it is written
};

// Only what says how a file of these pixels is laid out.
Metadata stripped(const Metadata& metadata);

// Everything of `spec` that describes the picture rather than how its file is laid out.
// `orientation` is the one that the pixels are turned by.
std::shared_ptr<Metadata> metadata_from(const OIIO::ImageSpec& spec, const std::string& format,
                                        int orientation);

// Adds to a writer's `spec` what the target format can hold. `with_attributes`: descriptions too,
// for a picture whose tags are not embedded afterwards (embed.h).
void describe(const Metadata& metadata, const Format& target, bool with_attributes,
              OIIO::ImageSpec& spec);

// Whether the profile's colour space is that of `channels` colour channels in this format.
bool profile_fits(const std::vector<std::uint8_t>& profile, int channels, const Format& target);

}  // namespace restore
