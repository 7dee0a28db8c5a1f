// What OpenImageIO writes: every format but WebP.
#include <algorithm>
#include <cerrno>
#include <cstdio>

#include <OpenImageIO/filesystem.h>
#include <OpenImageIO/imageio.h>

#include "librestore/core/error.h"
#include "librestore/image/embed.h"
#include "librestore/image/oiio_common.h"
#include "librestore/image/picture_file.h"
#include "librestore/image/png_chunks.h"

namespace restore {
namespace {

// Remembers what the system said when a write failed: some writers keep it to themselves. Puts the
// chunks of a PNG, which is written from its start to its end, after its header chunk.
class RecordingFile final : public OIIO::Filesystem::IOFile {
 public:
  RecordingFile(std::FILE* file, std::vector<std::uint8_t> png_chunks)
      : IOFile(file, Write), png_chunks_(std::move(png_chunks)) {}
  // The JPEG writer hands what calls itself "file" to libjpeg, which ends the process when a write
  // fails; to all others it writes by the functions below.
  const char* proxytype() const override { return "recording"; }
  std::size_t write(const void* bytes, std::size_t size) override {
    const std::size_t head = png_chunks_.empty() ? 0 : std::min(size, png_head_);
    const std::size_t written = put(bytes, head);
    png_head_ -= head;
    if (png_head_ == 0 && !png_chunks_.empty()) {
      put(png_chunks_.data(), png_chunks_.size());
      png_chunks_.clear();
    }
    return written + put(static_cast<const std::byte*>(bytes) + head, size - head);
  }
  std::size_t pwrite(const void* bytes, std::size_t size, std::int64_t offset) override {
    return record(IOFile::pwrite(bytes, size, offset), size);
  }
  // The buffer is emptied before the position moves; OpenEXR's stream does not ask how that went.
  bool seek(std::int64_t offset) override {
    const bool moved = IOFile::seek(offset);
    if (!moved && error_number_ == 0) error_number_ = errno != 0 ? errno : EIO;
    return moved;
  }
  int error_number() const { return error_number_; }

 private:
  std::size_t put(const void* bytes, std::size_t size) {
    return record(IOFile::write(bytes, size), size);
  }
  std::size_t record(std::size_t written, std::size_t wanted) {
    if (written != wanted && error_number_ == 0) error_number_ = errno != 0 ? errno : EIO;
    return written;
  }
  int error_number_ = 0;
  std::vector<std::uint8_t> png_chunks_;  // still to be written
  std::size_t png_head_ = kPngHeadBytes;  // of it, still to come
};

std::vector<std::string> channel_names(const SampleLayout& layout) {
  std::vector<std::string> names;
  for (char name : std::string_view(layout.colour_channels() == 1 ? "Y" : "RGB"))
    names.emplace_back(1, name);
  if (layout.has_alpha) names.emplace_back("A");
  return names;
}

OIIO::ImageSpec spec_for(const WriteRequest& request) {
  const SampleLayout& layout = request.layout;
  OIIO::ImageSpec spec(static_cast<int>(layout.width), static_cast<int>(layout.height),
                       layout.channels, type_desc(layout.type));
  spec.channelnames = channel_names(layout);
  spec.alpha_channel = layout.has_alpha ? layout.channels - 1 : -1;
  if (layout.has_alpha && !request.alpha_is_associated) {
    spec.attribute("oiio:UnassociatedAlpha", 1);
  }
  if (request.format->name == "jpeg") {
    spec.attribute("compression", fmt::format("jpeg:{}", request.quality));
    spec.attribute("jpeg:subsampling", "4:4:4");
  }
  // OpenImageIO 2.4 cannot write EXIF through libtiff 4.5, not even none, and calls that an error.
  spec.attribute("tiff:write_exif", 0);
  // Four times as fast as the usual 6, and 2 % larger.
  spec.attribute("png:compressionLevel", 4);
  spec.attribute("tiff:zipquality", 4);
  const bool tags_follow = request.embeds_tags && request.metadata->tags != nullptr;
  describe(*request.metadata, *request.format, !tags_follow, spec);
  // The TIFF and EXR writers would put the present time here; a number they leave out.
  if (spec.find_attribute("DateTime") == nullptr) spec.attribute("DateTime", 0);
  return spec;
}

class OiioWriter final : public PictureWriter {
 public:
  explicit OiioWriter(const WriteRequest& request)
      : shown_(request.shown), type_(type_desc(request.layout.type)) {
    set_up_oiio();
    stream_.reset(std::fopen(request.path.c_str(), "wb+"));
    if (!stream_) throw file_error(shown_.string(), "cannot write", errno);
    const bool is_png = request.format->name == "png";
    file_ = std::make_unique<RecordingFile>(
        stream_.get(), is_png ? png_chunks_for(request) : std::vector<std::uint8_t>());
    output_ = OIIO::ImageOutput::create(request.format->name);
    if (!output_) throw item_error("{}: {}", shown_.string(), OIIO::geterror());
    output_->set_ioproxy(file_.get());
    const OIIO::ImageSpec spec = spec_for(request);
    if (!output_->open(request.path.string(), spec)) throw failed();
    first_row_ = spec.y;
  }

  void write_rows(std::int64_t begin, std::int64_t end, const void* rows) override {
    const int first = first_row_ + static_cast<int>(begin);
    const int last = first_row_ + static_cast<int>(end);
    if (!output_->write_scanlines(first, last, 0, type_, rows)) throw failed();
  }

  void finish() override {
    const bool closed = output_->close();
    // Buffered bytes meet a full disk only here.
    const bool flushed = std::fflush(stream_.get()) == 0;
    const int flush_error = errno;
    if (file_->error_number() != 0 || !closed || output_->has_error()) throw failed();
    if (!flushed) throw file_error(shown_.string(), "cannot write", flush_error);
  }

 private:
  Error failed() {
    if (const int number = file_->error_number()) {
      return file_error(shown_.string(), "cannot write", number);
    }
    return item_error("{}: cannot write: {}", shown_.string(), cause(output_->geterror(), shown_));
  }

  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  std::filesystem::path shown_;
  OIIO::TypeDesc type_;
  int first_row_ = 0;
  // Destroyed from the last to the first: the writer before its file.
  std::unique_ptr<std::FILE, CloseFile> stream_;
  std::unique_ptr<RecordingFile> file_;
  std::unique_ptr<OIIO::ImageOutput> output_;
};

}  // namespace

std::unique_ptr<PictureWriter> create_with_oiio(const WriteRequest& request) {
  return std::make_unique<OiioWriter>(request);
}

}  // namespace restore
