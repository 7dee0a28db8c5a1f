// WebP through libwebp itself: OpenImageIO 2.4 multiplies colour by alpha when it reads, divides
// again when it writes, and encodes "lossless" from subsampled YUV, so that nothing comes back bit
// for bit.
#include <cstring>

#include <webp/decode.h>
#include <webp/encode.h>

#include "librestore/core/error.h"
#include "librestore/image/embed.h"
#include "librestore/image/file_bytes.h"
#include "librestore/image/picture_file.h"

namespace restore {
namespace {

namespace fs = std::filesystem;

class WebpReader final : public PictureReader {
 public:
  WebpReader(const fs::path& path, const SourceTags& tags, std::int64_t max_pixels) {
    const std::vector<std::uint8_t> bytes = read_file(path);
    WebPBitstreamFeatures features;
    if (WebPGetFeatures(bytes.data(), bytes.size(), &features) != VP8_STATUS_OK) {
      throw damaged(path);
    }
    if (features.has_animation != 0) {
      throw item_error("{}: animated WebP; save the frame to restore as a still picture",
                       path.string());
    }
    check_pixel_count(path, features.width, features.height, max_pixels);
    describe(features, tags);
    decode(path, bytes);
  }

  std::int64_t rows_at_once() const override { return 256; }

  void read_rows(std::int64_t begin, std::int64_t end, void* rows) override {
    const std::size_t row = header_.layout.row_bytes();
    std::memcpy(rows, pixels_.get() + begin * row, (end - begin) * row);
  }

 private:
  static Error damaged(const fs::path& path) {
    return item_error("{}: truncated or damaged WebP", path.string());
  }

  void describe(const WebPBitstreamFeatures& features, const SourceTags& tags) {
    const bool has_alpha = features.has_alpha != 0;
    header_.layout = {features.width, features.height, has_alpha ? 4 : 3, has_alpha,
                      SampleType::uint8};
    header_.orientation = tags.orientation == 0 ? 1 : tags.orientation;
    const OIIO::ImageSpec spec(features.width, features.height, header_.layout.channels);
    header_.metadata = metadata_from(spec, "webp", header_.orientation);
    constexpr int kLossless = 2;
    header_.metadata->lossy = features.format != kLossless;
  }

  void decode(const fs::path& path, const std::vector<std::uint8_t>& bytes) {
    const SampleLayout& layout = header_.layout;
    const std::size_t size = layout.row_bytes() * layout.height;
    pixels_ = std::make_unique_for_overwrite<std::uint8_t[]>(size);
    const auto decode_into = layout.has_alpha ? WebPDecodeRGBAInto : WebPDecodeRGBInto;
    if (decode_into(bytes.data(), bytes.size(), pixels_.get(), size,
                    static_cast<int>(layout.row_bytes())) == nullptr) {
      throw damaged(path);
    }
  }

  std::unique_ptr<std::uint8_t[]> pixels_;
};

// libwebp's structs, freed with their owner.
struct Picture : WebPPicture {
  Picture() { WebPPictureInit(this); }
  ~Picture() { WebPPictureFree(this); }
  Picture(const Picture&) = delete;
  Picture& operator=(const Picture&) = delete;
};
struct MemoryWriter : WebPMemoryWriter {
  MemoryWriter() { WebPMemoryWriterInit(this); }
  ~MemoryWriter() { WebPMemoryWriterClear(this); }
  MemoryWriter(const MemoryWriter&) = delete;
  MemoryWriter& operator=(const MemoryWriter&) = delete;
};

class WebpWriter final : public PictureWriter {
 public:
  explicit WebpWriter(const WriteRequest& request)
      : request_(request), pixels_(request.layout.row_bytes() * request.layout.height) {}

  void write_rows(std::int64_t begin, std::int64_t end, const void* rows) override {
    const std::size_t row = request_.layout.row_bytes();
    std::memcpy(pixels_.data() + begin * row, rows, (end - begin) * row);
  }

  void finish() override {
    Picture picture;
    MemoryWriter memory;
    const WebPConfig config = configuration();
    picture.use_argb = config.lossless;
    picture.width = static_cast<int>(request_.layout.width);
    picture.height = static_cast<int>(request_.layout.height);
    picture.writer = WebPMemoryWrite;
    picture.custom_ptr = &memory;
    const auto import = request_.layout.has_alpha ? WebPPictureImportRGBA : WebPPictureImportRGB;
    const auto pitch = static_cast<int>(request_.layout.row_bytes());
    if (import(&picture, pixels_.data(), pitch) == 0 || WebPEncode(&config, &picture) == 0) {
      throw item_error("{}: cannot write: WebP encoder error {}", request_.shown.string(),
                       static_cast<int>(picture.error_code));
    }
    write_file(request_.path, complete_webp({memory.mem, memory.size}, request_), request_.shown);
  }

 private:
  // A lossy source becomes a lossy file again; all else is kept exactly, colour under alpha 0 too.
  WebPConfig configuration() const {
    WebPConfig config;
    if (request_.metadata->lossy) {
      WebPConfigPreset(&config, WEBP_PRESET_PHOTO, static_cast<float>(request_.quality));
    } else {
      constexpr int kEffort = 4;  // of 0..9; 6 takes twice the time for a hundredth of the size
      WebPConfigInit(&config);
      WebPConfigLosslessPreset(&config, kEffort);
    }
    config.exact = 1;
    return config;
  }

  WriteRequest request_;
  std::vector<std::uint8_t> pixels_;
};

}  // namespace

std::unique_ptr<PictureReader> open_webp(const fs::path& path, const SourceTags& tags,
                                         std::int64_t max_pixels) {
  return std::make_unique<WebpReader>(path, tags, max_pixels);
}

std::unique_ptr<PictureWriter> create_webp(const WriteRequest& request) {
  return std::make_unique<WebpWriter>(request);
}

}  // namespace restore
