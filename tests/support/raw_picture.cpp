#include "tests/support/raw_picture.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <stdexcept>

#include <OpenImageIO/imageio.h>

namespace restore::testing {
namespace {

OIIO::TypeDesc stored_type(SampleType type) {
  switch (type) {
    case SampleType::uint8:
      return OIIO::TypeDesc::UINT8;
    case SampleType::uint16:
      return OIIO::TypeDesc::UINT16;
    case SampleType::half:
      return OIIO::TypeDesc::HALF;
    case SampleType::float32:
      return OIIO::TypeDesc::FLOAT;
  }
  throw std::logic_error("sample type");
}

SampleType sample_type(OIIO::TypeDesc type) {
  for (const auto candidate :
       {SampleType::uint8, SampleType::uint16, SampleType::half, SampleType::float32})
    if (stored_type(candidate) == type) return candidate;
  throw std::runtime_error(std::string("samples of type ") + type.c_str());
}

std::size_t offset(const RawPicture& picture, int y, int x, int c) {
  const auto row = static_cast<std::size_t>(y), width = static_cast<std::size_t>(picture.width);
  const auto pixel = row * width + static_cast<std::size_t>(x);
  return (pixel * static_cast<std::size_t>(picture.channels) + static_cast<std::size_t>(c)) *
         picture.sample_size();
}

bool has_alpha(const RawPicture& picture) { return picture.channels % 2 == 0; }

OIIO::ImageSpec spec_of(const RawPicture& picture) {
  OIIO::ImageSpec spec(picture.width, picture.height, picture.channels, stored_type(picture.type));
  if (picture.channels == 2) {
    spec.channelnames = {"Y", "A"};
    spec.alpha_channel = 1;
  }
  spec["oiio:UnassociatedAlpha"] = 1;
  return spec;
}

}  // namespace

std::size_t RawPicture::sample_size() const { return stored_type(type).size(); }

std::vector<std::byte> RawPicture::sample(int y, int x, int c) const {
  const auto begin = samples.begin() + static_cast<std::ptrdiff_t>(offset(*this, y, x, c));
  return {begin, begin + static_cast<std::ptrdiff_t>(sample_size())};
}

double RawPicture::value(int y, int x, int c) const {
  float value = 0;
  OIIO::convert_types(stored_type(type), &samples[offset(*this, y, x, c)], OIIO::TypeDesc::FLOAT,
                      &value, 1);
  return value;
}

void RawPicture::set_value(int y, int x, int c, double value) {
  const auto narrow = static_cast<float>(value);
  OIIO::convert_types(OIIO::TypeDesc::FLOAT, &narrow, stored_type(type),
                      &samples[offset(*this, y, x, c)], 1);
}

RawPicture make_raw(int width, int height, int channels, SampleType type) {
  RawPicture picture{width, height, channels, type, {}};
  picture.samples.resize(offset(picture, height, 0, 0));
  return picture;
}

RawPicture make_raw(int width, int height, int channels, SampleType type,
                    const std::function<double(int, int, int)>& value) {
  auto picture = make_raw(width, height, channels, type);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < channels; ++c) picture.set_value(y, x, c, value(y, x, c));
  return picture;
}

RawPicture read_raw(const std::filesystem::path& path) {
  OIIO::ImageSpec keep_alpha;
  keep_alpha["oiio:UnassociatedAlpha"] = 1;
  const auto input = OIIO::ImageInput::open(path.string(), &keep_alpha);
  if (!input) throw std::runtime_error(OIIO::geterror());
  const auto& spec = input->spec();
  auto picture = make_raw(spec.width, spec.height, spec.nchannels, sample_type(spec.format));
  if (!input->read_image(0, 0, 0, spec.nchannels, spec.format, picture.samples.data()))
    throw std::runtime_error(input->geterror());
  return picture;
}

void write_raw(const std::filesystem::path& path, const RawPicture& picture) {
  const auto output = OIIO::ImageOutput::create(path.string());
  if (!output) throw std::runtime_error(OIIO::geterror());
  if (!output->open(path.string(), spec_of(picture)) ||
      !output->write_image(stored_type(picture.type), picture.samples.data()) || !output->close())
    throw std::runtime_error(output->geterror());
}

RawPicture example_picture(int width, int height, int channels, SampleType type) {
  return make_raw(width, height, channels, type, [&](int y, int x, int c) {
    const double u = static_cast<double>(x) / width, v = static_cast<double>(y) / height;
    const double shading = 0.25 + 0.3 * u + 0.1 * v * c;
    const bool in_disc = std::hypot(u - 0.4, v - 0.55) < 0.22;
    const bool in_bar = std::abs(u - 0.75 + 0.2 * v) < 0.06;
    const double texture = 0.04 * std::sin(0.9 * x + 0.4 * y) * std::cos(0.5 * y - c);
    return shading + (in_disc ? 0.25 : 0) - (in_bar ? 0.2 : 0) + texture;
  });
}

RawPicture example_mask(int width, int height, const std::function<bool(int, int)>& is_hole) {
  return make_raw(width, height, 1, SampleType::uint8,
                  [&](int y, int x, int) { return is_hole(y, x) ? 1.0 : 0.0; });
}

RawPicture crop(const RawPicture& picture, int left, int top, int width, int height) {
  if (left + width > picture.width || top + height > picture.height)
    throw std::logic_error("crop reaches past the picture");
  auto part = make_raw(width, height, picture.channels, picture.type);
  for (int y = 0; y < height; ++y)
    std::memcpy(&part.samples[offset(part, y, 0, 0)],
                &picture.samples[offset(picture, top + y, left, 0)], offset(part, 1, 0, 0));
  return part;
}

double psnr_between(const RawPicture& reference, const RawPicture& picture) {
  if (reference.width != picture.width || reference.height != picture.height ||
      reference.channels != picture.channels)
    throw std::runtime_error("pictures differ in size");
  const int colours = reference.channels - (has_alpha(reference) ? 1 : 0);
  double sum = 0;
  for (int y = 0; y < reference.height; ++y)
    for (int x = 0; x < reference.width; ++x)
      for (int c = 0; c < colours; ++c) {
        const double error = std::clamp(reference.value(y, x, c), 0.0, 1.0) -
                             std::clamp(picture.value(y, x, c), 0.0, 1.0);
        sum += error * error;
      }
  return -10 * std::log10(sum / (1.0 * reference.width * reference.height * colours));
}

}  // namespace restore::testing
