// Pictures read and written in bands of rows, from top to bottom, for what does not fit in memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "librestore/image/image.h"
#include "librestore/image/image_io.h"

namespace restore {

class ImageSource {
 public:
  // Reads what comes before the pixels; damage to those shows when they are read, and before any of
  // a PNG's is handed out. Item error as load_image.
  explicit ImageSource(const std::filesystem::path& path, const LoadOptions& options = {});
  ~ImageSource();
  ImageSource(const ImageSource&) = delete;
  ImageSource& operator=(const ImageSource&) = delete;

  // Upright.
  std::int64_t height() const;
  std::int64_t width() const;
  std::int64_t channels() const;  // of the colour, 1 or 3
  SampleType sample_type() const;
  // Whether the file's rows are the picture's: bands can be read, not only the whole.
  bool is_upright() const;
  // Bytes that a row of the file takes.
  std::int64_t row_bytes() const;

  // The whole picture; the only call besides those above.
  Image whole();

  // Makes the rows [begin, end) available and forgets those before; `begin` never moves back. Holds
  // about (end - begin) * row_bytes(). Needs is_upright().
  void advance(std::int64_t begin, std::int64_t end);
  // A rectangle of the rows that are available.
  Image window(std::int64_t y0, std::int64_t x0, std::int64_t height, std::int64_t width) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Item error where the format of `path` does not hold a picture of this size.
void check_output_size(const std::filesystem::path& path, std::int64_t height, std::int64_t width);

class ImageSink {
 public:
  // `like`: what save_image would be given, but for its pixels, which are not looked at; only their
  // size counts. Item error where the format cannot hold such a picture.
  ImageSink(const Image& like, const std::filesystem::path& path, const SaveOptions& options = {});
  ~ImageSink();
  ImageSink(const ImageSink&) = delete;
  ImageSink& operator=(const ImageSink&) = delete;

  // Puts a part's upper left corner at row y0, column x0. Parts come row by row: all that lie in
  // the same rows, then flush() those rows.
  void put(const Image& part, std::int64_t y0, std::int64_t x0);
  // Rows up to `end` are complete.
  void flush(std::int64_t end);
  // All rows are flushed: metadata, fsync, rename.
  void commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace restore
