// EXIF, IPTC, XMP and the comment of a picture, carried from file to file by Exiv2.
// Without Exiv2 (RESTORE_HAVE_EXIV2) nothing is read and nothing written: what OpenImageIO's
// readers and writers know of them remains.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "librestore/image/formats.h"
#include "librestore/image/metadata.h"

namespace restore {

struct SourceTags {
  std::shared_ptr<const Tags> tags;  // null when there are none
  int orientation = 0;               // EXIF's 1..8, 0 when it says nothing
  OIIO::ParamValueList resolution;   // of the upright picture
  std::vector<std::uint8_t> colour_profile{};
  bool lacks_bit_depth = false;  // a TIFF without BitsPerSample: one bit by default
};

// Unreadable metadata is none: the picture itself may be sound.
SourceTags read_tags(const std::filesystem::path& path);

// What the tags are for the new pixels: those of the source's layout, its thumbnail and its
// orientation stay behind. `tags` of the metadata may be null.
struct EncodedTags {
  std::vector<std::uint8_t> exif;  // a TIFF structure
  std::vector<std::uint8_t> iptc;  // a Photoshop resource block
  std::string xmp;                 // a packet
};
EncodedTags encode_tags(const Metadata& metadata, const Format& target, std::int64_t width,
                        std::int64_t height);

// Calls `use` with the TIFF `file`, or that of a JPEG up to its first scan, with the tags in it.
void with_tags(std::span<const std::uint8_t> file, const Metadata& metadata, const Format& target,
               std::int64_t width, std::int64_t height,
               const std::function<void(std::span<const std::uint8_t>)>& use);

}  // namespace restore
