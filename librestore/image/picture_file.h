// Files of every format, read and written a few rows at a time, so that no second copy of a large
// picture is held.
#pragma once

#include <filesystem>
#include <memory>

#include "librestore/image/file_checks.h"
#include "librestore/image/metadata.h"
#include "librestore/image/samples.h"
#include "librestore/image/tags.h"

namespace restore {

struct PictureHeader {
  SampleLayout layout;
  bool alpha_is_associated = false;
  int orientation = 1;  // EXIF's; the rows are as stored
  std::shared_ptr<Metadata> metadata;
};

class PictureReader {
 public:
  virtual ~PictureReader() = default;
  const PictureHeader& header() const { return header_; }
  // How many rows to ask for in one call.
  virtual std::int64_t rows_at_once() const = 0;
  // Fills `rows` with the file's rows [begin, end); calls go from top to bottom.
  virtual void read_rows(std::int64_t begin, std::int64_t end, void* rows) = 0;

 protected:
  PictureHeader header_;
};

class PictureWriter {
 public:
  virtual ~PictureWriter() = default;
  virtual void write_rows(std::int64_t begin, std::int64_t end, const void* rows) = 0;
  // All rows are written: complete the file. Throws when any byte did not reach it.
  virtual void finish() = 0;
};

// Both throw item errors that begin with the path.
std::unique_ptr<PictureReader> open_picture(const std::filesystem::path& path,
                                            std::int64_t max_pixels);

struct WriteRequest {
  std::filesystem::path path;   // of the temporary file
  std::filesystem::path shown;  // what messages call it
  const Format* format = nullptr;
  SampleLayout layout;
  bool alpha_is_associated = false;
  const Metadata* metadata = nullptr;  // never null
  bool embeds_tags = false;            // EXIF and the like come later (embed.h)
  int quality = 95;
};
std::unique_ptr<PictureWriter> create_picture(const WriteRequest& request);

// The two formats behind them: what OpenImageIO reads and writes, and WebP.
std::unique_ptr<PictureReader> open_with_oiio(const std::filesystem::path& path,
                                              Container container, const SourceTags& tags,
                                              std::int64_t max_pixels);
std::unique_ptr<PictureWriter> create_with_oiio(const WriteRequest& request);
std::unique_ptr<PictureReader> open_webp(const std::filesystem::path& path, const SourceTags& tags,
                                         std::int64_t max_pixels);
std::unique_ptr<PictureWriter> create_webp(const WriteRequest& request);

}  // namespace restore
