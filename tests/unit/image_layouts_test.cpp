// What picture files may hold besides plain grey or RGB: orientations, palettes, single bits,
// masks, EXR layers and windows.
#include <array>
#include <fstream>
#include <string>

#include <OpenImageIO/imageio.h>
#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/image/image_io.h"
#include "librestore/image/png_chunks.h"
#include "tests/support/raw_picture.h"
#include "tests/support/temporary_folder.h"

namespace restore::testing {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

// One OpenImageIO file of the given samples, with attributes that our own writer would not set.
template <typename T>
void write_file(const fs::path& path, OIIO::ImageSpec spec, const std::vector<T>& samples) {
  spec.set_format(OIIO::BaseTypeFromC<T>::value);
  const auto output = OIIO::ImageOutput::create(path.string());
  BOOST_TEST_REQUIRE(output->open(path.string(), spec), output->geterror());
  BOOST_TEST_REQUIRE(output->write_image(spec.format, samples.data()), output->geterror());
  output->close();
}

// Six different greys, 3 wide and 2 high.
const std::vector<std::uint8_t> kSix = {10, 20, 30, 40, 50, 60};

torch::Tensor grey(const std::vector<float>& values, std::int64_t height, std::int64_t width) {
  return torch::tensor(values).reshape({1, 1, height, width}) / 255;
}

// Exif 2.32, table 6: where the file's row 0 and column 0 are seen.
torch::Tensor upright(int orientation) {
  const std::array<std::vector<float>, 8> seen = {{
      {10, 20, 30, 40, 50, 60},  // top, left
      {30, 20, 10, 60, 50, 40},  // top, right
      {60, 50, 40, 30, 20, 10},  // bottom, right
      {40, 50, 60, 10, 20, 30},  // bottom, left
      {10, 40, 20, 50, 30, 60},  // left, top
      {40, 10, 50, 20, 60, 30},  // right, top
      {60, 30, 50, 20, 40, 10},  // right, bottom
      {30, 60, 20, 50, 10, 40},  // left, bottom
  }};
  return orientation < 5 ? grey(seen[orientation - 1], 2, 3) : grey(seen[orientation - 1], 3, 2);
}

BOOST_AUTO_TEST_CASE(orientation_is_applied_once) {
  const TemporaryFolder folder;
  for (int orientation = 1; orientation <= 8; ++orientation) {
    OIIO::ImageSpec spec(3, 2, 1);
    spec.attribute("Orientation", orientation);
    write_file(folder / "turned.tif", spec, kSix);
    const Image image = load_image(folder / "turned.tif");
    BOOST_TEST(image.colour.equal(upright(orientation)), "orientation " << orientation);
    for (const char* name : {"saved.tif", "saved.png", "saved.webp", "saved.exr"}) {
      save_image(image, folder / name);
      const auto saved = OIIO::ImageInput::open((folder / name).string());
      BOOST_TEST(saved->spec().get_int_attribute("Orientation", 1) == 1);
      const auto again = load_image(folder / name).colour.narrow(1, 0, 1);
      // Half the last of the 11 bits of an EXR's half below 1/4.
      BOOST_TEST((again - upright(orientation)).abs().max().item<float>() <= 0.25F / 2048,
                 name << " orientation " << orientation);
    }
  }
}

std::string little_endian(std::uint32_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> 8 * i);
  return text;
}

// A DNG of 200 x 100 values behind a Bayer filter, bright on the left.
void write_dng(const fs::path& path, int orientation) {
  struct Entry {
    int tag, type;  // 1: bytes, 2: text, 3: 16 bits, 4: 32, 5 and 10: fractions
    std::uint32_t count;
    std::string data;
  };
  const auto words = [](const std::vector<std::uint32_t>& values, int bytes) {
    std::string text;
    for (const auto value : values) text += little_endian(value, bytes);
    return text;
  };
  constexpr std::uint32_t kWidth = 200, kHeight = 100;
  const std::vector<std::uint32_t> matrix{1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1};
  std::vector<Entry> entries{
      {254, 4, 1, words({0}, 4)},
      {256, 4, 1, words({kWidth}, 4)},
      {257, 4, 1, words({kHeight}, 4)},
      {258, 3, 1, words({16}, 2)},
      {259, 3, 1, words({1}, 2)},
      {262, 3, 1, words({32803}, 2)},
      {271, 2, 5, std::string("Test", 5)},
      {272, 2, 4, std::string("Cam", 4)},
      {273, 4, 1, {}},
      {274, 3, 1, words({static_cast<std::uint32_t>(orientation)}, 2)},
      {277, 3, 1, words({1}, 2)},
      {278, 4, 1, words({kHeight}, 4)},
      {279, 4, 1, words({2 * kWidth * kHeight}, 4)},
      {33421, 3, 2, words({2, 2}, 2)},
      {33422, 1, 4, words({0, 1, 1, 2}, 1)},
      {50706, 1, 4, words({1, 4, 0, 0}, 1)},
      {50708, 2, 9, std::string("Test Cam", 9)},
      {50717, 4, 1, words({65535}, 4)},
      {50721, 10, 9, words(matrix, 4)},
      {50728, 5, 3, words({1, 1, 1, 1, 1, 1}, 4)},
      {50778, 3, 1, words({21}, 2)},
  };
  const auto first = static_cast<std::uint32_t>(8 + 2 + 12 * entries.size() + 4);
  std::uint32_t pixels = first;
  for (const auto& entry : entries)
    if (entry.data.size() > 4) pixels += (entry.data.size() + 1) / 2 * 2;
  std::string directory = little_endian(static_cast<std::uint32_t>(entries.size()), 2), rest;
  for (auto& [tag, type, count, data] : entries) {
    if (tag == 273) data = little_endian(pixels, 4);
    directory += little_endian(static_cast<std::uint32_t>(tag), 2) +
                 little_endian(static_cast<std::uint32_t>(type), 2) + little_endian(count, 4);
    if (data.size() <= 4) {
      data.resize(4);
      directory += data;
    } else {
      directory += little_endian(first + static_cast<std::uint32_t>(rest.size()), 4);
      data.resize((data.size() + 1) / 2 * 2);
      rest += data;
    }
  }
  std::string samples;
  for (std::uint32_t i = 0; i < kWidth * kHeight; ++i)
    samples += little_endian(i % kWidth < kWidth / 2 ? 60000 : 2000, 2);
  std::ofstream(path, std::ios::binary) << "II*" << '\0' << little_endian(8, 4) << directory
                                        << little_endian(0, 4) << rest << samples;
}

// OpenImageIO's reader of raw photographs turns them itself.
BOOST_AUTO_TEST_CASE(raw_photographs_are_turned_once) {
  const TemporaryFolder folder;
  write_dng(folder / "a.dng", 1);
  write_dng(folder / "turned.dng", 6);
  const auto upright = load_image(folder / "a.dng").colour;
  BOOST_TEST_REQUIRE(upright.size(3) > upright.size(2));
  const auto turned = load_image(folder / "turned.dng").colour;
  // Row 0 is seen at the right, column 0 at the top.
  BOOST_TEST(turned.equal(upright.transpose(2, 3).flip(3)));
}

// A BITMAPINFOHEADER of 32 bits has three colours and an unused byte.
BOOST_AUTO_TEST_CASE(a_bmp_of_32_bits_is_not_transparent) {
  const TemporaryFolder folder;
  std::string file = "BM" + little_endian(54 + 4 * 6, 4) + little_endian(0, 4) +
                     little_endian(54, 4) + little_endian(40, 4) + little_endian(3, 4) +
                     little_endian(2, 4) + little_endian(1, 2) + little_endian(32, 2);
  for (const std::uint32_t value : {0, 24, 2835, 2835, 0, 0}) file += little_endian(value, 4);
  for (const int row : {1, 0})  // from the bottom
    for (int x = 0; x < 3; ++x) file += std::string(3, static_cast<char>(kSix[3 * row + x])) + '\0';
  std::ofstream(folder / "a.bmp", std::ios::binary) << file;
  const Image image = load_image(folder / "a.bmp");
  BOOST_TEST(!image.alpha.defined());
  BOOST_TEST(image.colour.equal(upright(1).expand({1, 3, 2, 3})));
}

// A rotation of more rows than are read at once.
BOOST_AUTO_TEST_CASE(large_pictures_are_turned_as_small_ones) {
  const TemporaryFolder folder;
  constexpr int kWidth = 1201, kHeight = 3001;
  std::vector<std::uint16_t> samples(std::size_t{3} * kWidth * kHeight);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<std::uint16_t>(i * 7);
  const auto stored = [&](int x, int y) { return samples[(y * kWidth + x) * 3 + 1] / 65535.0F; };
  OIIO::ImageSpec spec(kWidth, kHeight, 3);
  spec.attribute("compression", "none");
  spec.attribute("Orientation", 8);
  write_file(folder / "turned.tif", spec, samples);
  const Image image = load_image(folder / "turned.tif");
  BOOST_TEST_REQUIRE(image.width() == kHeight);
  BOOST_TEST_REQUIRE(image.height() == kWidth);
  const auto green = image.colour.accessor<float, 4>()[0][1];
  bool same = true;
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) same = same && green[kWidth - 1 - x][y] == stored(x, y);
  }
  BOOST_TEST(same);
}

void append_number(Bytes& bytes, std::uint32_t value, int count) {
  for (int i = count - 1; i >= 0; --i) bytes.push_back(static_cast<std::uint8_t>(value >> 8 * i));
}

// A PNG of up to 65535 bytes of rows, each with its filter byte, in one stored block (RFC 1950,
// 1951).
void write_png(const fs::path& path, std::uint32_t width, std::uint32_t height, int bits,
               int colour_type, const Bytes& rows, const Bytes& palette = {},
               const Bytes& transparency = {}) {
  Bytes header;
  append_number(header, width, 4);
  append_number(header, height, 4);
  for (int value : {bits, colour_type, 0, 0, 0}) header.push_back(static_cast<std::uint8_t>(value));
  Bytes data = {0x78, 0x01, 0x01};
  const auto size = static_cast<std::uint32_t>(rows.size());
  for (std::uint32_t length : {size, ~size}) {
    data.push_back(static_cast<std::uint8_t>(length));
    data.push_back(static_cast<std::uint8_t>(length >> 8));
  }
  data.insert(data.end(), rows.begin(), rows.end());
  std::uint32_t a = 1, b = 0;
  for (std::uint8_t byte : rows) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  append_number(data, b << 16 | a, 4);
  Bytes file = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  append_png_chunk(file, "IHDR", header);
  if (!palette.empty()) append_png_chunk(file, "PLTE", palette);
  if (!transparency.empty()) append_png_chunk(file, "tRNS", transparency);
  append_png_chunk(file, "IDAT", data);
  append_png_chunk(file, "IEND", {});
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
}

BOOST_AUTO_TEST_CASE(palettes_become_colours) {
  const TemporaryFolder folder;
  const Bytes palette = {255, 0, 0, 0, 128, 0, 1, 2, 3};
  const Bytes rows = {0, 0, 1, 2};  // filter, then three indices
  write_png(folder / "p.png", 3, 1, 8, 3, rows, palette);
  const Image image = load_image(folder / "p.png");
  const auto expected =
      torch::tensor({255, 0, 1, 0, 128, 2, 0, 0, 3}).reshape({1, 3, 1, 3}) / 255.0F;
  BOOST_TEST(image.colour.equal(expected));
  BOOST_TEST(!image.alpha.defined());
  BOOST_TEST((image.sample_type == SampleType::uint8));
  write_png(folder / "t.png", 3, 1, 8, 3, rows, palette, {0, 77});
  const Image clear = load_image(folder / "t.png");
  BOOST_TEST(clear.colour.equal(expected));
  BOOST_TEST(clear.alpha.equal(grey({0, 77, 255}, 1, 3)));
}

BOOST_AUTO_TEST_CASE(few_bits_become_eight) {
  const TemporaryFolder folder;
  write_png(folder / "one.png", 5, 2, 1, 0, {0, 0b10110000, 0, 0b01001000});
  const auto expected = grey({255, 0, 255, 255, 0, 0, 255, 0, 0, 255}, 2, 5);
  const Image image = load_image(folder / "one.png");
  BOOST_TEST(image.colour.equal(expected));
  for (const char* name : {"eight.png", "eight.tif"}) {
    save_image(image, folder / name);
    BOOST_TEST(load_image(folder / name).colour.equal(expected));
  }
  BOOST_TEST(load_mask(folder / "one.png").equal(expected.gt(0.5)));
  write_png(folder / "two.png", 4, 1, 2, 0, {0, 0b00011011});
  BOOST_TEST(load_image(folder / "two.png").colour.equal(grey({0, 85, 170, 255}, 1, 4)));
  // A bilevel TIFF with the tag that OpenImageIO needs.
  OIIO::ImageSpec spec(16, 1, 1);
  spec.attribute("oiio:BitsPerSample", 1);
  spec.attribute("compression", "none");
  std::vector<std::uint8_t> bits(16, 0);
  bits[3] = bits[15] = 255;
  write_file(folder / "one.tif", spec, bits);
  BOOST_TEST(load_image(folder / "one.tif")
                 .colour.flatten()
                 .nonzero()
                 .flatten()
                 .equal(torch::tensor({3, 15}, torch::kInt64)));
}

BOOST_AUTO_TEST_CASE(masks_come_in_every_layout) {
  const TemporaryFolder folder;
  const auto hole = [](int y, int x) { return x > 3 && y > 5; };
  torch::Tensor expected = torch::zeros({1, 1, 12, 9}, torch::kBool);
  expected.narrow(2, 6, 6).narrow(3, 4, 5).fill_(true);
  using enum SampleType;
  const auto check = [&](const char* name, const RawPicture& raw) {
    write_raw(folder / name, raw);
    BOOST_TEST(load_mask(folder / name).equal(expected), name << " " << raw.channels);
  };
  const auto mask = [&](int channels, SampleType type, double colour_of_hole, double colour_else,
                        bool in_alpha) {
    return make_raw(9, 12, channels, type, [=](int y, int x, int c) {
      const bool is_alpha = channels % 2 == 0 && c == channels - 1;
      if (is_alpha) return in_alpha ? (hole(y, x) ? 1.0 : 0.0) : 1.0;
      return hole(y, x) ? colour_of_hole : colour_else;
    });
  };
  for (auto type : {uint8, uint16}) {
    for (int channels : {1, 2, 3, 4}) check("m.png", mask(channels, type, 1, 0, false));
    // Drawn in the alpha channel: the colour says nothing.
    for (int channels : {2, 4}) check("m.png", mask(channels, type, 1, 1, true));
    for (int channels : {2, 4}) check("m.png", mask(channels, type, 0, 0, true));
    // White on black with the black made transparent.
    for (int channels : {2, 4}) check("m.png", mask(channels, type, 1, 0, true));
  }
  check("m.exr", mask(1, half, 1, 0, false));
  check("m.tif", mask(3, float32, 1, 0, false));
  check("m.jpg", mask(3, uint8, 1, 0, false));

  OIIO::ImageSpec matte(9, 12, 1);
  matte.channelnames = {"A"};
  std::vector<float> samples(108);
  for (int i = 0; i < 108; ++i) samples[i] = hole(i / 9, i % 9) ? 1 : 0;
  write_file(folder / "matte.exr", matte, samples);
  BOOST_TEST(load_mask(folder / "matte.exr").equal(expected));
}

BOOST_AUTO_TEST_CASE(the_threshold_is_exclusive) {
  const TemporaryFolder folder;
  write_file(folder / "m.png", OIIO::ImageSpec(3, 2, 1), kSix);
  const auto count = [&](double threshold) {
    return load_mask(folder / "m.png", threshold).sum().item<std::int64_t>();
  };
  BOOST_TEST(count(0) == 6);
  BOOST_TEST(count(20.0F / 255.0F) == 4);
  BOOST_TEST(count(20.0F / 255.0F - 1e-6) == 5);
  BOOST_TEST(count(0.5) == 0);
}

// Rec. 709: 0.2126 of red, 0.7152 of green, 0.0722 of blue.
BOOST_AUTO_TEST_CASE(a_colour_is_as_white_as_it_looks) {
  const TemporaryFolder folder;
  write_raw(folder / "rgb.png",
            make_raw(3, 1, 3, SampleType::uint8, [](int, int x, int c) { return x == c ? 1 : 0; }));
  const auto above = [&](double threshold) {
    const auto mask = load_mask(folder / "rgb.png", threshold).flatten();
    return std::array{mask[0].item<bool>(), mask[1].item<bool>(), mask[2].item<bool>()};
  };
  BOOST_TEST((above(0.07) == std::array{true, true, true}));
  BOOST_TEST((above(0.075) == std::array{true, true, false}));
  BOOST_TEST((above(0.21) == std::array{true, true, false}));
  BOOST_TEST((above(0.215) == std::array{false, true, false}));
  BOOST_TEST((above(0.71) == std::array{false, true, false}));
  BOOST_TEST((above(0.72) == std::array{false, false, false}));
}

BOOST_AUTO_TEST_CASE(exr_layers_windows_and_compression_survive) {
  const TemporaryFolder folder;
  OIIO::ImageSpec spec(3, 2, 3);
  spec.channelnames = {"view.R", "view.G", "view.B"};
  spec.x = 5;
  spec.y = -3;
  spec.full_x = -1;
  spec.full_width = 40;
  spec.full_height = 30;
  spec.attribute("compression", "piz");
  spec.attribute("PixelAspectRatio", 2.0F);
  write_file(folder / "in.exr", spec, std::vector<float>(18, 2.5F));
  Image image = load_image(folder / "in.exr");
  save_image(image, folder / "same.exr");
  image.colour = torch::ones({1, 3, 4, 6});
  save_image(image, folder / "double.exr");
  for (const auto& [name, factor] : {std::pair{"same.exr", 1}, {"double.exr", 2}}) {
    const auto saved = OIIO::ImageInput::open((folder / name).string())->spec();
    BOOST_TEST(saved.channelnames == spec.channelnames, boost::test_tools::per_element());
    BOOST_TEST(saved.x == 5 * factor);
    BOOST_TEST(saved.y == -3 * factor);
    BOOST_TEST(saved.full_x == -1 * factor);
    BOOST_TEST(saved.full_width == 40 * factor);
    BOOST_TEST(saved.full_height == 30 * factor);
    BOOST_TEST(saved.get_string_attribute("compression") == "piz");
    BOOST_TEST(saved.get_float_attribute("PixelAspectRatio") == 2);
  }
  BOOST_TEST(load_image(folder / "same.exr").colour.eq(2.5).all().item<bool>());
}

BOOST_AUTO_TEST_CASE(exr_windows_that_grow_past_what_a_file_can_say_are_left_out) {
  const TemporaryFolder folder;
  OIIO::ImageSpec spec(3, 2, 1);
  spec.full_width = 1 << 29;
  write_file(folder / "in.exr", spec, std::vector<float>(6, 2.5F));
  Image image = load_image(folder / "in.exr");
  save_image(image, folder / "same.exr");
  BOOST_TEST(OIIO::ImageInput::open((folder / "same.exr").string())->spec().full_width == 1 << 29);
  image.colour = torch::ones({1, 1, 4, 6});
  save_image(image, folder / "double.exr");
  BOOST_TEST(OIIO::ImageInput::open((folder / "double.exr").string())->spec().full_width == 6);
}

}  // namespace
}  // namespace restore::testing
