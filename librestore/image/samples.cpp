#include "librestore/image/samples.h"

#include <algorithm>
#include <limits>
#include <type_traits>

#include <c10/util/Half.h>

namespace restore {
namespace {

template <typename T>
float to_float(T sample) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<float>(sample) / static_cast<float>(std::numeric_limits<T>::max());
  } else {
    return static_cast<float>(sample);
  }
}

template <typename T>
T from_float(float value) {
  if constexpr (std::is_integral_v<T>) {
    // v / max in float32 times max is within 0.004 of v for 16 bits: rounding gives v back.
    constexpr auto kMax = static_cast<float>(std::numeric_limits<T>::max());
    return static_cast<T>(std::clamp(value, 0.0F, 1.0F) * kMax + 0.5F);
  } else if constexpr (std::is_same_v<T, c10::Half>) {
    constexpr float kLargestHalf = 65504.0F;
    return c10::Half(std::clamp(value, -kLargestHalf, kLargestHalf));
  } else {
    return value;
  }
}

// Steps of one axis through the file's samples and through a plane.
struct Axis {
  std::int64_t count;
  std::int64_t source_step;
  std::int64_t target_step;
};

template <typename T>
void unpack(const T* rows, const SampleLayout& layout, const Placement& place, std::int64_t begin,
            std::int64_t end, const Planes& planes) {
  const int channels = layout.channels;
  Axis inner{layout.width, channels, place.step_x};
  Axis outer{end - begin, layout.width * channels, place.step_y};
  // Consecutive writes, whatever the orientation: they cost more than strided reads.
  if (std::abs(outer.target_step) == 1) std::swap(inner, outer);
  const std::int64_t first = place.origin + begin * place.step_y;
  for (std::int64_t o = 0; o < outer.count; ++o) {
    for (int c = 0; c < channels; ++c) {
      const T* source = rows + o * outer.source_step + c;
      float* target = planes[c] + first + o * outer.target_step;
      for (std::int64_t i = 0; i < inner.count; ++i) {
        target[i * inner.target_step] = to_float(source[i * inner.source_step]);
      }
    }
  }
}

float convert_alpha(float colour, float alpha, AlphaConversion conversion) {
  if (conversion == AlphaConversion::associate) return colour * alpha;
  if (conversion == AlphaConversion::dissociate && alpha != 0.0F) return colour / alpha;
  return colour;
}

template <typename T>
void pack(const Planes& planes, const SampleLayout& layout, AlphaConversion conversion,
          std::int64_t begin, std::int64_t end, T* rows) {
  const int channels = layout.channels;
  const std::int64_t first = begin * layout.width;
  const std::int64_t count = (end - begin) * layout.width;
  for (int c = 0; c < channels; ++c) {
    const float* plane = planes[c] + first;
    if (conversion != AlphaConversion::none && c < layout.colour_channels()) {
      const float* alpha = planes[channels - 1] + first;
      for (std::int64_t i = 0; i < count; ++i) {
        rows[i * channels + c] = from_float<T>(convert_alpha(plane[i], alpha[i], conversion));
      }
    } else {
      for (std::int64_t i = 0; i < count; ++i) rows[i * channels + c] = from_float<T>(plane[i]);
    }
  }
}

// Calls `body` with a null pointer of the C++ type that holds `type`.
template <typename Body>
void with_type(SampleType type, const Body& body) {
  switch (type) {
    case SampleType::uint8:
      return body(static_cast<std::uint8_t*>(nullptr));
    case SampleType::uint16:
      return body(static_cast<std::uint16_t*>(nullptr));
    case SampleType::half:
      return body(static_cast<c10::Half*>(nullptr));
    case SampleType::float32:
      return body(static_cast<float*>(nullptr));
  }
}

}  // namespace

std::size_t bytes_of(SampleType type) {
  std::size_t bytes = 0;
  with_type(type, [&](auto* sample) { bytes = sizeof(*sample); });
  return bytes;
}

std::size_t SampleLayout::row_bytes() const {
  return static_cast<std::size_t>(width) * channels * bytes_of(type);
}

Planes planes_of(const torch::Tensor& colour, const torch::Tensor& alpha, int colour_channels) {
  Planes planes{};
  const std::int64_t size = colour.size(2) * colour.size(3);
  for (int c = 0; c < colour_channels; ++c) {
    planes[c] = colour.data_ptr<float>() + (colour.size(1) == 1 ? 0 : c * size);
  }
  if (alpha.defined()) planes[colour_channels] = alpha.data_ptr<float>();
  return planes;
}

Placement Placement::upright(int orientation, std::int64_t width, std::int64_t height) {
  const bool transposed = orientation >= 5;
  Placement place;
  place.width = transposed ? height : width;
  place.height = transposed ? width : height;
  // The file's row 0 is the picture's bottom (3, 4) or right side (6, 7), its column 0 the
  // picture's right side (2, 3) or bottom (7, 8).
  const bool rows_reversed =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const bool columns_reversed =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  place.step_x = transposed ? place.width : 1;
  place.step_y = transposed ? 1 : place.width;
  if (columns_reversed) {
    place.origin += (width - 1) * place.step_x;
    place.step_x = -place.step_x;
  }
  if (rows_reversed) {
    place.origin += (height - 1) * place.step_y;
    place.step_y = -place.step_y;
  }
  return place;
}

void unpack_rows(const void* rows, const SampleLayout& layout, const Placement& placement,
                 std::int64_t begin, std::int64_t end, const Planes& planes) {
  with_type(layout.type, [&](auto* type) {
    unpack(static_cast<const std::remove_pointer_t<decltype(type)>*>(rows), layout, placement,
           begin, end, planes);
  });
}

void pack_rows(const Planes& planes, const SampleLayout& layout, AlphaConversion conversion,
               std::int64_t begin, std::int64_t end, void* rows) {
  with_type(layout.type, [&](auto* type) {
    pack(planes, layout, conversion, begin, end,
         static_cast<std::remove_pointer_t<decltype(type)>*>(rows));
  });
}

}  // namespace restore
