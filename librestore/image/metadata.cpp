#include "librestore/image/metadata.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>

namespace restore {
namespace {

// OpenImageIO's names of what belongs to the layout of a file, or was already taken out of the
// list. A prefix when it ends in a colon.
constexpr std::array kStructure = {
    "oiio:",
    "tiff:",
    "openexr:",
    "png:",
    "jpeg:",
    "bmp:",
    "pnm:",
    "gif:",
    "webp:",
    "targa:",
    "ICCProfile",
    "ICCProfile:",
    "Orientation",
    "compression",
    "planarconfig",
    "name",
    "XResolution",
    "YResolution",
    "ResolutionUnit",
    "PixelAspectRatio",
    "thumbnail_image",
    "thumbnail_width",
    "thumbnail_height",
    "thumbnail_nchannels",
};

constexpr const char* kHistory = "ImageHistory";

bool is_structure(std::string_view name) {
  // PNG text that holds EXIF, IPTC or XMP.
  if (name.starts_with("Raw profile type ") || name == "XML:com.adobe.xmp") return true;
  return std::any_of(kStructure.begin(), kStructure.end(), [&](std::string_view known) {
    return known.ends_with(':') ? name.starts_with(known) : name == known;
  });
}

// A PNG counts pixels per metre: 300 dpi read back as 299.9994. The whole number that gives the
// same count is what was meant.
float whole_dpi(float dpi) {
  constexpr float kInchesInMetre = 1 / 0.0254F;
  const float whole = std::round(dpi);
  return std::lround(whole * kInchesInMetre) == std::lround(dpi * kInchesInMetre) ? whole : dpi;
}

// Pixels per metre, a BMP's unit, become pixels per centimetre, which all others know; a quarter
// turn exchanges the axes. The ratio goes along: the PNG and TIFF writers set y from it, whatever y
// is.
OIIO::ParamValueList resolution_of(const OIIO::ImageSpec& spec, const std::string& format,
                                   int orientation) {
  OIIO::ParamValueList list;
  float x = spec.get_float_attribute("XResolution");
  float aspect = spec.get_float_attribute("PixelAspectRatio", 1);  // width to height of a pixel
  float y = spec.get_float_attribute("YResolution", x * aspect);
  if (x > 0 && y > 0) {
    std::string unit = spec.get_string_attribute("ResolutionUnit", "in");
    if (unit == "m") {
      unit = "cm";
      x /= 100;
      y /= 100;
    }
    if (format == "png") {
      x = whole_dpi(x);
      y = whole_dpi(y);
    }
    if (orientation >= 5) std::swap(x, y);
    list.attribute("XResolution", x);
    list.attribute("YResolution", y);
    list.attribute("ResolutionUnit", unit);
    list.attribute("PixelAspectRatio", y / x);
  } else if (aspect > 0 && aspect != 1) {
    list.attribute("PixelAspectRatio", orientation >= 5 ? 1 / aspect : aspect);
  }
  return list;
}

// A PNG's gamma, an EXR's linear light: PNG can say both. An untagged file counts as sRGB.
OIIO::ParamValueList encoding_of(const OIIO::ImageSpec& spec) {
  OIIO::ParamValueList list;
  if (spec.get_string_attribute("oiio:ColorSpace") == "sRGB") return list;
  for (const char* name : {"oiio:ColorSpace", "oiio:Gamma"}) {
    if (const auto* value = spec.find_attribute(name)) list.push_back(*value);
  }
  return list;
}

std::vector<std::uint8_t> bytes_of(const OIIO::ParamValue* value) {
  if (value == nullptr) return {};
  const auto* data = static_cast<const std::uint8_t*>(value->data());
  return {data, data + value->datasize()};
}

// An EXR's windows survive when the picture keeps its size or grows by a whole factor.
void set_windows(const Metadata& metadata, OIIO::ImageSpec& spec) {
  const Windows& from = metadata.windows;
  if (metadata.width == 0 || from.full_width == 0) return;
  const auto factor = static_cast<int>(spec.width / metadata.width);
  if (spec.width != factor * metadata.width || spec.height != factor * metadata.height) return;
  constexpr std::int64_t kEnd = std::numeric_limits<int>::max() / 2;  // OpenEXR's
  for (const std::int64_t edge : std::initializer_list<std::int64_t>{
           from.x, from.y, from.x + metadata.width, from.y + metadata.height, from.full_x,
           from.full_y, from.full_x + std::int64_t{from.full_width},
           from.full_y + std::int64_t{from.full_height}})
    if (std::abs(edge) * factor >= kEnd) return;
  spec.x = from.x * factor;
  spec.y = from.y * factor;
  spec.full_x = from.full_x * factor;
  spec.full_y = from.full_y * factor;
  spec.full_width = from.full_width * factor;
  spec.full_height = from.full_height * factor;
}

// The source's own lossless compression; what was lossy or bilevel becomes ZIP.
void set_compression(const Metadata& metadata, const Format& target, OIIO::ImageSpec& spec) {
  static constexpr std::array kTiff = {"none", "lzw", "zip", "packbits"};
  static constexpr std::array kExr = {"none", "rle", "zips", "zip", "piz"};
  const auto keep = [&](const auto& lossless) {
    const bool known =
        metadata.format == target.name &&
        std::find(lossless.begin(), lossless.end(), metadata.compression) != lossless.end();
    spec.attribute("compression", known ? metadata.compression : "zip");
  };
  if (target.name == "tiff") keep(kTiff);
  if (target.name == "openexr") keep(kExr);
}

void append(const OIIO::ParamValueList& list, OIIO::ImageSpec& spec) {
  for (const auto& attribute : list) spec.extra_attribs.push_back(attribute);
}

// What TIFF has tags for in its first directory; OpenImageIO 2.4 would put EXIF's there as well.
constexpr std::array kTiffText = {"ImageDescription", "Make",      "Model",
                                  "Software",         "DateTime",  "Artist",
                                  "HostComputer",     "Copyright", "DocumentName"};

void append_attributes(const Metadata& metadata, const Format& target, OIIO::ImageSpec& spec) {
  if (target.name == "tiff") {
    for (const char* name : kTiffText) {
      if (const auto* value = metadata.attributes.find_pv(name))
        spec.extra_attribs.push_back(*value);
    }
  } else if (metadata.png_chunks.empty() || target.name != "png") {
    append(metadata.attributes, spec);
  }
}

void append_profile(const std::vector<std::uint8_t>& profile, OIIO::ImageSpec& spec) {
  const OIIO::TypeDesc bytes(OIIO::TypeDesc::UINT8, static_cast<int>(profile.size()));
  spec.attribute("ICCProfile", bytes, profile.data());
}

void append_history(const HistoryEntry& entry, OIIO::ImageSpec& spec) {
  std::string history(spec.get_string_attribute(kHistory));
  if (!history.empty()) history += "\n";
  spec.attribute(kHistory, history + entry.software + ": " + entry.parameters);
}

}  // namespace

std::shared_ptr<Metadata> metadata_from(const OIIO::ImageSpec& spec, const std::string& format,
                                        int orientation) {
  auto metadata = std::make_shared<Metadata>();
  metadata->format = format;
  metadata->lossy = format == "jpeg";
  metadata->compression = spec.get_string_attribute("compression");
  metadata->width = orientation >= 5 ? spec.height : spec.width;
  metadata->height = orientation >= 5 ? spec.width : spec.height;
  if (format == "openexr") {
    metadata->channel_names = spec.channelnames;
    if (orientation == 1) {
      metadata->windows = {spec.x,      spec.y,          spec.full_x,
                           spec.full_y, spec.full_width, spec.full_height};
    }
  }
  metadata->colour_profile = bytes_of(spec.find_attribute("ICCProfile"));
  metadata->resolution = resolution_of(spec, format, orientation);
  metadata->encoding = encoding_of(spec);
  for (const auto& attribute : spec.extra_attribs) {
    if (!is_structure(attribute.name().string())) metadata->attributes.push_back(attribute);
  }
  return metadata;
}

Metadata stripped(const Metadata& metadata) {
  Metadata layout;
  layout.format = metadata.format;
  layout.lossy = metadata.lossy;
  layout.compression = metadata.compression;
  layout.channel_names = metadata.channel_names;
  layout.width = metadata.width;
  layout.height = metadata.height;
  layout.windows = metadata.windows;
  return layout;
}

bool profile_fits(const std::vector<std::uint8_t>& profile, int channels, const Format& target) {
  // ICC.1:2022, 7.2: the header takes 128 bytes, the data colour space is at 16.
  if (profile.size() < 128) return false;
  const std::string_view space(reinterpret_cast<const char*>(profile.data()) + 16, 4);
  if (space == "GRAY") return channels == 1;
  // libpng refuses an RGB profile in a grey picture, other formats take it.
  return space == "RGB " && (channels == 3 || target.name != "png");
}

void describe(const Metadata& metadata, const Format& target, bool with_attributes,
              OIIO::ImageSpec& spec) {
  if (with_attributes) append_attributes(metadata, target, spec);
  append(metadata.resolution, spec);
  const int colour_channels = spec.nchannels - (spec.alpha_channel >= 0 ? 1 : 0);
  if (profile_fits(metadata.colour_profile, colour_channels, target)) {
    // EXR has none; a PNG gets its own later (embed.h).
    if (target.name != "openexr" && target.name != "png")
      append_profile(metadata.colour_profile, spec);
  } else if (target.name == "png" && metadata.png_chunks.empty()) {
    append(metadata.encoding, spec);
  }
  set_compression(metadata, target, spec);
  if (target.name == "openexr") {
    if (metadata.history) append_history(*metadata.history, spec);
    set_windows(metadata, spec);
    if (metadata.channel_names.size() == static_cast<std::size_t>(spec.nchannels)) {
      spec.channelnames = metadata.channel_names;
    }
  }
}

}  // namespace restore
