// What OpenImageIO reads: every format but WebP.
#include <algorithm>
#include <array>
#include <fstream>
#include <set>

#include <OpenImageIO/imageio.h>
#include <OpenImageIO/strutil.h>
#include <fmt/core.h>

#include "librestore/core/error.h"
#include "librestore/image/oiio_common.h"
#include "librestore/image/picture_file.h"
#include "librestore/image/png_chunks.h"

namespace restore {
namespace {

namespace fs = std::filesystem;
using OIIO::ImageInput;
using OIIO::ImageSpec;
using OIIO::TypeDesc;

SampleType sample_type(TypeDesc format, const fs::path& path) {
  switch (format.basetype) {
    case TypeDesc::UINT8:
      return SampleType::uint8;
    case TypeDesc::UINT16:
      return SampleType::uint16;
    case TypeDesc::HALF:
      return SampleType::half;
    case TypeDesc::FLOAT:
    case TypeDesc::DOUBLE:
      return SampleType::float32;
    default:
      throw item_error("{}: samples of type {}; convert to unsigned 8 or 16 bits or to float first",
                       path.string(), format.c_str());
  }
}

// `names` without a layer's name before the last dot, when all have the same one.
std::vector<std::string> without_layer(const std::vector<std::string>& names) {
  std::set<std::string> layers;
  std::vector<std::string> bare;
  for (const std::string& name : names) {
    const auto dot = name.rfind('.');
    layers.insert(dot == std::string::npos ? "" : name.substr(0, dot));
    bare.push_back(dot == std::string::npos ? name : name.substr(dot + 1));
  }
  return layers.size() == 1 ? bare : names;
}

// Grey or RGB, with or without alpha; a matte's lone alpha or one colour channel reads as grey.
bool is_picture(const std::vector<std::string>& names) {
  using Names = std::vector<std::string>;
  static const std::set<Names> kPictures = {{"Y"},      {"R"},           {"A"},
                                            {"Y", "A"}, {"R", "G", "B"}, {"R", "G", "B", "A"}};
  return kPictures.contains(without_layer(names));
}

void check_colours(const ImageSpec& spec, const fs::path& path) {
  if (!is_picture(spec.channelnames)) {
    throw item_error(
        "{}: its channels are {}; only grey or RGB, with or without alpha, is restored",
        path.string(), OIIO::Strutil::join(spec.channelnames, ", "));
  }
  // TIFF 6.0, tag 262: 5 is CMYK and the like, 8 to 10 are L*a*b*.
  const int photometric = spec.get_int_attribute("tiff:PhotometricInterpretation");
  if (photometric == 5 || (photometric >= 8 && photometric <= 10)) {
    throw item_error("{}: {} TIFF; convert it to RGB first, with its colour profile", path.string(),
                     photometric == 5 ? "CMYK" : "L*a*b*");
  }
}

SampleLayout layout_of(const ImageSpec& spec, const fs::path& path) {
  SampleLayout layout;
  layout.width = spec.width;
  layout.height = spec.height;
  layout.channels = spec.nchannels;
  layout.has_alpha = spec.nchannels == 2 || spec.nchannels == 4;
  layout.type = sample_type(spec.format, path);
  return layout;
}

// A fourth byte a pixel that is unused, and mostly 0: 32 bits and no compression under a
// BITMAPINFOHEADER of 40 bytes, which names no alpha. OpenImageIO takes it for alpha.
bool lacks_bmp_alpha(const fs::path& path) {
  std::array<unsigned char, 34> head{};
  std::ifstream file(path, std::ios::binary);
  if (!file.read(reinterpret_cast<char*>(head.data()), head.size())) return false;
  const auto number = [&](std::size_t at, int bytes) {
    unsigned value = 0;
    while (bytes-- > 0) value = value << 8 | head[at + static_cast<std::size_t>(bytes)];
    return value;
  };
  return number(14, 4) == 40 && number(28, 2) == 32 && number(30, 4) == 0;
}

class OiioReader final : public PictureReader {
 public:
  OiioReader(const fs::path& path, Container container, const SourceTags& tags,
             std::int64_t max_pixels)
      : path_(path), container_(container) {
    set_up_oiio();
    ImageSpec hints;
    hints.attribute("oiio:UnassociatedAlpha", 1);
    input_ = ImageInput::open(path.string(), &hints);
    if (!input_) throw not_opened(OIIO::geterror());
    const ImageSpec& spec = input_->spec();
    check_pixel_count(path, spec.width, spec.height, max_pixels);
    check_sound();
    check_colours(spec, path);
    if (tags.lacks_bit_depth) {
      throw item_error("{}: a TIFF that does not say how many bits a sample has; save it as PNG",
                       path.string());
    }
    header_.layout = layout_of(spec, path);
    if (input_->format_name() == std::string("bmp") && lacks_bmp_alpha(path)) {
      header_.layout.channels = 3;
      header_.layout.has_alpha = false;
    }
    header_.alpha_is_associated = spec.get_int_attribute("oiio:UnassociatedAlpha") == 0;
    const std::string format = input_->format_name();
    // Its samples are not compressed and take a bit at the least: nothing is allocated for what a
    // header only claims.
    if (format == "pnm" && static_cast<std::uintmax_t>(spec.width) * spec.height * spec.nchannels >
                               8 * fs::file_size(path))
      throw damaged(fmt::format("it is too short for {} x {} pixels", spec.width, spec.height));
    if (format == "pnm" && header_.layout.type == SampleType::uint16) {
      // OpenImageIO 2.4 reads every second value one too low.
      throw item_error("{}: a 16-bit PNM cannot be read exactly; convert it to PNG or TIFF first",
                       path.string());
    }
    // Readers of other formats (raw, HEIF) turn the pixels themselves.
    const bool by_exiv2 = tags.orientation != 0 && container != Container::other && format != "raw";
    const int orientation = by_exiv2 ? tags.orientation : spec.get_int_attribute("Orientation", 1);
    header_.orientation = orientation >= 1 && orientation <= 8 ? orientation : 1;
    header_.metadata = metadata_from(spec, format, header_.orientation);
    rows_at_once_ = rows_at_once(spec);
    check_single();
  }

  std::int64_t rows_at_once() const override { return rows_at_once_; }

  void read_rows(std::int64_t begin, std::int64_t end, void* rows) override {
    if (begin == 0 && container_ == Container::png) check_png_pixels(path_);
    const ImageSpec& spec = input_->spec();
    const TypeDesc type = type_desc(header_.layout.type);
    const int first = spec.y + static_cast<int>(begin);
    const int last = spec.y + static_cast<int>(end);
    const bool read =
        spec.tile_width == 0
            ? input_->read_scanlines(0, 0, first, last, 0, 0, header_.layout.channels, type, rows)
            : input_->read_tiles(0, 0, spec.x, spec.x + spec.width, first, last, 0, 1, 0,
                                 header_.layout.channels, type, rows);
    check_sound();
    if (!read) throw damaged("no reason given");
  }

 private:
  // Some 8 MB, in whole strips or tiles: a strip asked for in parts would be decoded once a part.
  static std::int64_t rows_at_once(const ImageSpec& spec) {
    constexpr std::int64_t kBytes = std::int64_t{8} << 20;
    constexpr std::int64_t kLargestExrBlock = 256;  // of DWAB
    std::int64_t block = spec.tile_height;
    if (block == 0) block = spec.get_int_attribute("tiff:RowsPerStrip", kLargestExrBlock);
    if (block <= 0 || block > spec.height) block = spec.height;
    const auto row_bytes = static_cast<std::int64_t>(spec.scanline_bytes(true));
    return block * std::max<std::int64_t>(1, kBytes / (row_bytes * block));
  }

  // Decoders that fill what is missing with grey leave a message and report success.
  void check_sound() {
    if (!input_->has_error()) return;
    const std::string message = input_->geterror();
    // Bytes that a camera left between the last scan and the end marker harm nothing.
    if (message.find("extraneous bytes before marker 0xd9") != std::string::npos) return;
    throw damaged(message);
  }

  void check_single() {
    // The other subimages of a PSD are its layers, the first is the whole.
    if (input_->format_name() == std::string("psd")) return;
    if (input_->seek_subimage(1, 0)) {
      throw item_error("{}: holds more than one picture; save the one to restore by itself",
                       path_.string());
    }
    // That there is no second one is no error, though the TIFF reader leaves a message.
    input_->geterror();
  }

  Error not_opened(const std::string& message) const {
    if (container_ == Container::other) {
      return item_error("{}: not a picture of a known format (PNG, JPEG, TIFF, WebP, EXR ...)",
                        path_.string());
    }
    return damaged(message);
  }
  Error damaged(const std::string& message) const {
    return item_error("{}: truncated or damaged {}: {}", path_.string(), name_of(container_),
                      cause(message, path_));
  }

  fs::path path_;
  Container container_;
  std::unique_ptr<ImageInput> input_;
  std::int64_t rows_at_once_ = 1;
};

}  // namespace

std::unique_ptr<PictureReader> open_with_oiio(const fs::path& path, Container container,
                                              const SourceTags& tags, std::int64_t max_pixels) {
  return std::make_unique<OiioReader>(path, container, tags, max_pixels);
}

}  // namespace restore
