// What each file format can hold.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "librestore/image/image.h"

namespace restore {

enum class AlphaKind { none, unassociated, associated, either };

struct Format {
  std::string name;  // OpenImageIO's
  std::vector<std::string> extensions;
  std::vector<SampleType> sample_types;
  AlphaKind alpha = AlphaKind::none;
  bool grey = true;               // one channel; else grey is written as RGB
  bool tags = false;              // Exiv2 writes its EXIF and XMP
  std::int64_t largest_side = 0;  // pixels, 0: no limit of the format's own
};

// The format that a path's extension stands for; null when pictures of that kind cannot be written.
const Format* format_for(const std::filesystem::path& path);

// `type` where the format can hold it, else the nearest that it can.
SampleType nearest_sample_type(const Format& format, SampleType type);

// Whether a picture comes from a file that had lost something: a JPEG or a lossy WebP.
bool is_lossy(const Image& picture);
bool is_float(SampleType type);
bool holds_floats(const Format& format);

}  // namespace restore
