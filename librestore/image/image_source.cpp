#include "librestore/core/interrupt.h"
#include "librestore/image/formats.h"
#include "librestore/image/image_stream.h"
#include "librestore/image/picture_file.h"
#include "librestore/image/row_buffer.h"

namespace restore {
namespace {

namespace fs = std::filesystem;

// Everything but the pixels, which are yet to be filled in.
Image empty_image(const PictureHeader& header, std::int64_t height, std::int64_t width) {
  const SampleLayout& layout = header.layout;
  const auto planes = [&](int count) {
    return torch::empty({1, count, height, width}, torch::kFloat32);
  };
  Image image;
  image.colour = planes(layout.colour_channels());
  if (layout.has_alpha) image.alpha = planes(1);
  image.sample_type = layout.type;
  image.alpha_is_associated = layout.has_alpha && header.alpha_is_associated;
  image.metadata = header.metadata;
  return image;
}

}  // namespace

struct ImageSource::State {
  fs::path path;
  std::unique_ptr<PictureReader> reader;
  Placement place;
  RowBuffer rows{0};

  const SampleLayout& layout() const { return reader->header().layout; }
  bool holds_floats() const { return is_float(layout().type); }
};

ImageSource::ImageSource(const fs::path& path, const LoadOptions& options)
    : state_(std::make_unique<State>()) {
  state_->path = path;
  state_->reader = open_picture(path, options.max_pixels);
  const SampleLayout& layout = state_->layout();
  state_->place =
      Placement::upright(state_->reader->header().orientation, layout.width, layout.height);
  state_->rows = RowBuffer(layout.row_bytes());
}
ImageSource::~ImageSource() = default;

std::int64_t ImageSource::height() const { return state_->place.height; }
std::int64_t ImageSource::width() const { return state_->place.width; }
std::int64_t ImageSource::channels() const { return state_->layout().colour_channels(); }
SampleType ImageSource::sample_type() const { return state_->layout().type; }
bool ImageSource::is_upright() const { return state_->reader->header().orientation == 1; }
std::int64_t ImageSource::row_bytes() const {
  return static_cast<std::int64_t>(state_->layout().row_bytes());
}

Image ImageSource::whole() {
  const SampleLayout& layout = state_->layout();
  Image image = empty_image(state_->reader->header(), height(), width());
  const Planes planes = planes_of(image.colour, image.alpha, layout.colour_channels());
  const std::int64_t rows_at_once = state_->reader->rows_at_once();
  const auto rows = std::make_unique_for_overwrite<std::byte[]>(layout.row_bytes() * rows_at_once);
  for (std::int64_t begin = 0; begin < layout.height; begin += rows_at_once) {
    const std::int64_t end = std::min(begin + rows_at_once, layout.height);
    state_->reader->read_rows(begin, end, rows.get());
    unpack_rows(rows.get(), layout, state_->place, begin, end, planes);
  }
  if (state_->holds_floats()) check_finite(image, state_->path, "replace them first");
  return image;
}

void ImageSource::advance(std::int64_t begin, std::int64_t end) {
  RowBuffer& rows = state_->rows;
  const std::int64_t block = state_->reader->rows_at_once();
  const std::int64_t whole_blocks = std::min((end + block - 1) / block * block, height());
  // A file is read without a gap: rows that nobody asked for are passed over block by block.
  while (rows.end() < end) {
    const std::int64_t from = rows.end();
    const std::int64_t to = std::min(begin > from ? from + block : whole_blocks, height());
    rows.slide(std::min(begin, from), to);
    for (std::int64_t y = from; y < to; y += block) {
      throw_if_interrupted();
      state_->reader->read_rows(y, std::min(y + block, to), rows.row(y));
    }
    rows.extend(to);
  }
}

Image ImageSource::window(std::int64_t y0, std::int64_t x0, std::int64_t height,
                          std::int64_t width) const {
  const RowBuffer& rows = state_->rows;
  TORCH_CHECK(is_upright() && y0 >= rows.begin() && y0 + height <= rows.end(),
              "the rows of this window have not been read");
  Image image = empty_image(state_->reader->header(), height, width);
  SampleLayout part = state_->layout();
  const std::size_t offset = x0 * part.channels * bytes_of(part.type);
  part.width = width;
  const Placement place = Placement::upright(1, width, height);
  const Planes planes = planes_of(image.colour, image.alpha, part.colour_channels());
  for (std::int64_t y = 0; y < height; ++y)
    unpack_rows(rows.row(y0 + y) + offset, part, place, y, y + 1, planes);
  if (state_->holds_floats()) check_finite(image, state_->path, "replace them first", y0, x0);
  return image;
}

}  // namespace restore
