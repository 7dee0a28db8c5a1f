#include "librestore/image/tags.h"

#ifdef RESTORE_HAVE_EXIV2

#include <algorithm>
#include <array>
#include <mutex>
#include <string_view>

#include <exiv2/exiv2.hpp>
#include <fmt/format.h>

namespace restore {

struct Tags {
  Exiv2::ExifData exif;
  Exiv2::IptcData iptc;
  Exiv2::XmpData xmp;
  std::string comment;
  Exiv2::ByteOrder byte_order = Exiv2::invalidByteOrder;

  bool empty() const { return exif.empty() && iptc.empty() && xmp.empty() && comment.empty(); }
};

namespace {

namespace fs = std::filesystem;
using Exiv2::ExifData;
using Exiv2::ExifKey;
using Exiv2::XmpData;
using Exiv2::XmpKey;

// A JPEG segment holds 65533 bytes, 29 of them the name of XMP (XMP specification, part 3, 1.1.3).
constexpr std::size_t kLargestJpegPacket = 65533 - 29;

// Exiv2's XMP toolkit is not thread-safe before this has run once.
void initialize_exiv2() {
  static std::recursive_mutex xmp_mutex;
  static const bool done = [] {
    Exiv2::LogMsg::setLevel(Exiv2::LogMsg::mute);
#ifdef EXV_ENABLE_BMFF
    Exiv2::enableBMFF();  // HEIC and AVIF, which it takes for films otherwise
#endif
    Exiv2::XmpParser::initialize(
        [](void* mutex, bool lock) {
          auto* m = static_cast<std::recursive_mutex*>(mutex);
          lock ? m->lock() : m->unlock();
        },
        &xmp_mutex);
    return true;
  }();
  static_cast<void>(done);
}

// TIFF 6.0's and Exif's tags of IFD0 that say how this file stores its pixels, not what they show,
// and blocks that are carried apart.
bool is_layout_tag(std::uint16_t tag) {
  struct Range {
    std::uint16_t first, last;
  };
  static constexpr std::array<Range, 17> kRanges = {{
      {0x00FE, 0x0103},  // subfile type .. compression
      {0x0106, 0x010A},  // photometric interpretation .. fill order
      {0x0111, 0x0111},  // strip offsets
      {0x0115, 0x0119},  // samples per pixel .. largest sample value
      {0x011C, 0x011C},  // planar configuration
      {0x011E, 0x0125},  // position, free bytes, grey response, fax options
      {0x012D, 0x012D},  // transfer function: a table of 2^bits entries
      {0x013D, 0x013D},  // predictor
      {0x0140, 0x015B},  // palette, tiles, sub-images, inks, sample format, JPEG tables
      {0x0200, 0x0212},  // old-style JPEG, YCbCr coefficients and subsampling
      {0x02BC, 0x02BC},  // XMP
      {0x83BB, 0x83BB},  // IPTC
      {0x828D, 0x828F},  // mosaic of colour filters, battery
      {0x8649, 0x8773},  // Photoshop's resources with a preview .. ICC profile
      {0x9216, 0x9217},  // TIFF/EP's standard, the sensor's method
      {0x935C, 0x935C},  // Photoshop's layers
      {0xC612, 0xC7FF},  // DNG: the raw picture's levels, colours, opcodes
  }};
  return std::any_of(kRanges.begin(), kRanges.end(),
                     [&](Range range) { return tag >= range.first && tag <= range.last; });
}

// Groups with pixels of their own, all of them of the unrestored picture.
bool is_other_picture(std::string_view group) {
  return group == "Thumbnail" || group.starts_with("SubImage") || group.starts_with("SubThumb") ||
         group == "Image2" || group == "Image3";
}

bool describes_layout(const Exiv2::Exifdatum& datum) {
  const std::string group = datum.groupName();
  return is_other_picture(group) || (group == "Image" && is_layout_tag(datum.tag()));
}

bool describes_layout(const Exiv2::Xmpdatum& datum) {
  static constexpr std::array kLayout = {
      "Xmp.xmp.Thumbnails",
      "Xmp.xmpNote.HasExtendedXMP",
      "Xmp.tiff.BitsPerSample",
      "Xmp.tiff.Compression",
      "Xmp.tiff.PhotometricInter",
      "Xmp.tiff.SamplesPerPixel",
      "Xmp.tiff.PlanarConfiguration",
      "Xmp.tiff.YCbCr",
      "Xmp.video.",
      "Xmp.audio.",
  };
  const std::string key = datum.key();
  return std::any_of(kLayout.begin(), kLayout.end(),
                     [&](std::string_view known) { return key.starts_with(known); });
}

template <typename Data>
void keep_description(Data& data) {
  for (auto it = data.begin(); it != data.end();) {
    it = describes_layout(*it) ? data.erase(it) : std::next(it);
  }
}

bool has(const ExifData& exif, const std::string& key) {
  return exif.findKey(ExifKey(key)) != exif.end();
}

int orientation_of(const ExifData& exif) {
  const auto found = exif.findKey(ExifKey("Exif.Image.Orientation"));
  if (found == exif.end() || found->count() == 0) return 0;
  const auto value = found->toLong();
  return value >= 1 && value <= 8 ? static_cast<int>(value) : 0;
}

// A quarter turn exchanges the axes.
void turn_resolution(ExifData& exif) {
  const auto x = exif.findKey(ExifKey("Exif.Image.XResolution"));
  const auto y = exif.findKey(ExifKey("Exif.Image.YResolution"));
  if (x == exif.end() || y == exif.end()) return;
  const auto horizontal = x->getValue();
  x->setValue(&y->value());
  y->setValue(horizontal.get());
}

OIIO::ParamValueList resolution_of(const ExifData& exif) {
  OIIO::ParamValueList list;
  const auto x = exif.findKey(ExifKey("Exif.Image.XResolution"));
  const auto y = exif.findKey(ExifKey("Exif.Image.YResolution"));
  const auto unit = exif.findKey(ExifKey("Exif.Image.ResolutionUnit"));
  if (x == exif.end() || y == exif.end() || unit == exif.end()) return list;
  if (x->toFloat() <= 0 || y->toFloat() <= 0) return list;
  list.attribute("XResolution", x->toFloat());
  list.attribute("YResolution", y->toFloat());
  list.attribute("ResolutionUnit", unit->toLong() == 3 ? "cm" : "in");
  list.attribute("PixelAspectRatio", y->toFloat() / x->toFloat());
  return list;
}

template <typename Key, typename Data, typename Value>
void update(Data& data, const char* name, Value value) {
  const auto found = data.findKey(Key(name));
  if (found != data.end()) *found = value;
}

// WebP keeps its resolution in EXIF alone: a source may have had it elsewhere.
void add_resolution(const Metadata& metadata, ExifData& exif) {
  const float x = metadata.resolution.get_float("XResolution");
  const float y = metadata.resolution.get_float("YResolution");
  if (has(exif, "Exif.Image.XResolution") || x <= 0 || y <= 0) return;
  const auto name = metadata.resolution.get_string("ResolutionUnit");
  const std::uint16_t unit = name.substr(0, 2) == "in" ? 2 : name == "cm" ? 3 : 1;
  const auto rational = [](float value) {
    return Exiv2::URational(static_cast<std::uint32_t>(std::lround(value * 1000)), 1000);
  };
  exif["Exif.Image.XResolution"] = rational(x);
  exif["Exif.Image.YResolution"] = rational(y);
  exif["Exif.Image.ResolutionUnit"] = unit;
}

void erase_image_tag(ExifData& exif, std::uint16_t tag) {
  const auto found = exif.findKey(ExifKey(tag, "Image"));
  if (found != exif.end()) exif.erase(found);
}

// What the metadata says of the pixels must be true of the new ones.
ExifData exif_for(const Metadata& metadata, const Format& target, std::int64_t width,
                  std::int64_t height) {
  ExifData exif = metadata.tags ? metadata.tags->exif : ExifData();
  update<ExifKey>(exif, "Exif.Image.Orientation", std::uint16_t{1});
  update<ExifKey>(exif, "Exif.Photo.PixelXDimension", static_cast<std::uint32_t>(width));
  update<ExifKey>(exif, "Exif.Photo.PixelYDimension", static_cast<std::uint32_t>(height));
  // GeoTIFF 1.1, 7.2: where pixels lie on the earth.
  if (width != metadata.width || height != metadata.height)
    for (const std::uint16_t place : {0x830E, 0x8482, 0x85D8}) erase_image_tag(exif, place);
  if (target.name == "webp") add_resolution(metadata, exif);
  return exif;
}

// XMP specification, part 2, 1.2.2.8 and 1.2.6.7: the list of what happened to the picture.
void append_history(const HistoryEntry& entry, XmpData& xmp) {
  const std::string list = "Xmp.xmpMM.History";
  if (xmp.findKey(XmpKey(list)) == xmp.end()) {
    Exiv2::XmpTextValue empty;
    empty.setXmpArrayType(Exiv2::XmpValue::xaSeq);
    xmp.add(XmpKey(list), &empty);
  }
  int count = 0;
  for (const Exiv2::Xmpdatum& datum : xmp)
    count += datum.key().starts_with(fmt::format("{}[{}]", list, count + 1)) ? 1 : 0;
  const auto element = fmt::format("{}[{}]/stEvt:", list, count + 1);
  xmp[element + "action"] = "filtered";
  xmp[element + "softwareAgent"] = entry.software;
  xmp[element + "parameters"] = entry.parameters;
}

XmpData xmp_for(const Metadata& metadata, std::int64_t width, std::int64_t height) {
  XmpData xmp = metadata.tags ? metadata.tags->xmp : XmpData();
  // Where EXIF said nothing the pixels were not turned, and XMP's word stands as it did.
  if (metadata.tags && has(metadata.tags->exif, "Exif.Image.Orientation")) {
    update<XmpKey>(xmp, "Xmp.tiff.Orientation", std::string("1"));
  }
  for (const char* name : {"Xmp.tiff.ImageWidth", "Xmp.exif.PixelXDimension"}) {
    update<XmpKey>(xmp, name, std::to_string(width));
  }
  for (const char* name : {"Xmp.tiff.ImageLength", "Xmp.exif.PixelYDimension"}) {
    update<XmpKey>(xmp, name, std::to_string(height));
  }
  if (metadata.history) append_history(*metadata.history, xmp);
  return xmp;
}

std::string packet_of(const XmpData& xmp) {
  std::string packet;
  if (!xmp.empty()) {
    Exiv2::XmpParser::encode(packet, xmp, Exiv2::XmpParser::useCompactFormat);
  }
  return packet;
}

void set_tags(const Metadata& metadata, const Format& target, std::int64_t width,
              std::int64_t height, Exiv2::Image& image) {
  if (metadata.tags) {
    const Tags& tags = *metadata.tags;
    ExifData exif = exif_for(metadata, target, width, height);
    if (target.name == "tiff") {
      // The layout of the file just written, and its resolution.
      for (const Exiv2::Exifdatum& written : image.exifData()) {
        if (!has(exif, written.key())) exif.add(written);
      }
    } else {
      if (tags.byte_order != Exiv2::invalidByteOrder) image.setByteOrder(tags.byte_order);
      image.setComment(tags.comment);
    }
    image.setExifData(exif);
    image.setIptcData(tags.iptc);
  }
  const XmpData xmp = xmp_for(metadata, width, height);
  if (target.name != "jpeg" || packet_of(xmp).size() <= kLargestJpegPacket) image.setXmpData(xmp);
}

}  // namespace

SourceTags read_tags(const fs::path& path) {
  initialize_exiv2();
  SourceTags source;
  try {
    const auto image = Exiv2::ImageFactory::open(path.string(), false);
    image->readMetadata();
    auto tags = std::make_shared<Tags>();
    tags->exif = image->exifData();
    tags->iptc = image->iptcData();
    tags->xmp = image->xmpData();
    tags->comment = image->comment();
    tags->byte_order = image->byteOrder();
    if (image->iccProfileDefined()) {
      const auto* profile = image->iccProfile();
      source.colour_profile.assign(profile->pData_, profile->pData_ + profile->size_);
    }
    source.orientation = orientation_of(tags->exif);
    source.lacks_bit_depth =
        image->mimeType() == "image/tiff" && !has(tags->exif, "Exif.Image.BitsPerSample");
    if (source.orientation >= 5) turn_resolution(tags->exif);
    source.resolution = resolution_of(tags->exif);
    keep_description(tags->exif);
    keep_description(tags->xmp);
    if (!tags->empty()) source.tags = std::move(tags);
  } catch (const std::exception&) {  // of damaged files the standard library's, too
    return {};
  }
  return source;
}

EncodedTags encode_tags(const Metadata& metadata, const Format& target, std::int64_t width,
                        std::int64_t height) {
  initialize_exiv2();
  EncodedTags encoded;
  const ExifData exif = exif_for(metadata, target, width, height);
  auto order = Exiv2::littleEndian;
  if (metadata.tags && metadata.tags->byte_order != Exiv2::invalidByteOrder) {
    order = metadata.tags->byte_order;
  }
  if (!exif.empty()) Exiv2::ExifParser::encode(encoded.exif, order, exif);
  encoded.xmp = packet_of(xmp_for(metadata, width, height));
  if (metadata.tags && !metadata.tags->iptc.empty()) {
    const Exiv2::DataBuf block = Exiv2::Photoshop::setIptcIrb(nullptr, 0, metadata.tags->iptc);
    encoded.iptc.assign(block.pData_, block.pData_ + block.size_);
  }
  return encoded;
}

void with_tags(std::span<const std::uint8_t> file, const Metadata& metadata, const Format& target,
               std::int64_t width, std::int64_t height,
               const std::function<void(std::span<const std::uint8_t>)>& use) {
  initialize_exiv2();
  const auto image = Exiv2::ImageFactory::open(file.data(), static_cast<long>(file.size()));
  image->readMetadata();
  set_tags(metadata, target, width, height, *image);
  image->writeMetadata();
  Exiv2::BasicIo& written = image->io();
  written.open();
  use({written.mmap(), written.size()});
}

}  // namespace restore

#else

namespace restore {

struct Tags {};

SourceTags read_tags(const std::filesystem::path&) { return {}; }

EncodedTags encode_tags(const Metadata&, const Format&, std::int64_t, std::int64_t) { return {}; }

void with_tags(std::span<const std::uint8_t> file, const Metadata&, const Format&, std::int64_t,
               std::int64_t, const std::function<void(std::span<const std::uint8_t>)>& use) {
  use(file);
}

}  // namespace restore

#endif
