// Pictures come back from their files bit for bit, whatever the format, and other programs' files
// are read as they are meant. Files are written and read past the library's own code
// (raw_picture.h).
#include "librestore/image/image_io.h"

#include <algorithm>
#include <cstring>
#include <fstream>

#include <OpenImageIO/imageio.h>
#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/core/parallel.h"
#include "librestore/image/file_bytes.h"
#include "librestore/image/image_stream.h"
#include "tests/support/raw_picture.h"
#include "tests/support/temporary_folder.h"

namespace restore::testing {
namespace {

namespace fs = std::filesystem;
using enum SampleType;

bool same_bits(const torch::Tensor& a, const torch::Tensor& b) {
  if (a.defined() != b.defined()) return false;
  if (!a.defined()) return true;
  return a.sizes() == b.sizes() &&
         std::memcmp(a.contiguous().data_ptr(), b.contiguous().data_ptr(), a.nbytes()) == 0;
}

// The value of a sample: OpenImageIO multiplies by 1/255 where we divide by 255.
float value_of(const RawPicture& raw, int y, int x, int c) {
  const double value = raw.value(y, x, c);
  if (raw.type != uint8 && raw.type != uint16) return static_cast<float>(value);
  const float most = raw.type == uint8 ? 255 : 65535;
  return static_cast<float>(std::round(value * most)) / most;
}

// Every value that the type can hold, finite and in order.
torch::Tensor all_values(SampleType type) {
  if (type == uint8) return torch::arange(256, torch::kFloat32) / 255;
  if (type == uint16) return torch::arange(65536, torch::kFloat32) / 65535;
  const auto bits = torch::arange(-32768, 32768, torch::kInt16);
  const auto halves = bits.view(torch::kFloat16).to(torch::kFloat32);
  const auto finite = halves.index({halves.isfinite()});
  if (type == half) return finite;
  // And what only float32 holds: every tenth power of two down to the smallest subnormal.
  const auto powers = torch::pow(2, torch::arange(-149, 128, 10, torch::kFloat64));
  return torch::cat({finite, powers.to(torch::kFloat32), -1.1F * finite.abs()});
}

// A picture of every value, a different order in each channel.
Image picture_of_all(SampleType type, int channels, bool alpha) {
  const auto values = all_values(type);
  const std::int64_t width = 251;
  const std::int64_t height = (values.numel() + width - 1) / width;
  const auto plane = [&](std::int64_t shift) {
    const auto order = (torch::arange(width * height) * 7 + shift) % values.numel();
    return values.index({order}).reshape({1, 1, height, width});
  };
  Image image;
  std::vector<torch::Tensor> planes;
  for (int c = 0; c < channels; ++c) planes.push_back(plane(1000 * c));
  image.colour = torch::cat(planes, 1);
  if (alpha) image.alpha = plane(31);
  image.sample_type = type;
  return image;
}

struct Case {
  const char* extension;
  SampleType type;
  bool alpha;
};
const Case kCases[] = {
    {".png", uint8, true},  {".png", uint16, true},  {".tif", uint8, true},
    {".tif", uint16, true}, {".tif", float32, true}, {".webp", uint8, true},
    {".exr", half, true},   {".exr", float32, true}, {".bmp", uint8, false},
    {".ppm", uint8, false}, {".pgm", uint8, false},  {".TIFF", uint16, false},
    {".PNG", uint8, true},
};

BOOST_AUTO_TEST_CASE(every_value_of_every_type_comes_back) {
  const TemporaryFolder folder;
  for (const Case& c : kCases) {
    for (int channels : {1, 3}) {
      for (bool alpha : {false, true}) {
        if (alpha && !c.alpha) continue;
        if (channels == 3 && std::string(c.extension) == ".pgm") continue;
        BOOST_TEST_CONTEXT(c.extension << " type " << static_cast<int>(c.type) << ", " << channels
                                       << " channels, alpha " << alpha) {
          Image image = picture_of_all(c.type, channels, alpha);
          image.alpha_is_associated = alpha && std::string(c.extension) == ".exr";
          const fs::path path = folder / (std::string("all") + c.extension);
          save_image(image, path);
          const Image loaded = load_image(path);
          // WebP knows no grey: its three channels are the same.
          const auto colour = loaded.channels() == channels
                                  ? loaded.colour
                                  : loaded.colour.narrow(1, 0, 1).contiguous();
          BOOST_TEST((loaded.sample_type == c.type));
          BOOST_TEST(loaded.alpha_is_associated == image.alpha_is_associated);
          BOOST_TEST(same_bits(colour, image.colour));
          BOOST_TEST(same_bits(loaded.alpha, image.alpha));
        }
      }
    }
  }
}

// What both directions get wrong alike would cancel in a round trip.
BOOST_AUTO_TEST_CASE(files_hold_what_other_programs_expect) {
  const TemporaryFolder folder;
  for (const auto& [name, type] : {std::pair{"a.png", uint8},
                                   {"a.png", uint16},
                                   {"a.tif", uint16},
                                   {"a.exr", half},
                                   {"a.tif", float32}}) {
    const Image image = picture_of_all(type, 3, true);
    const bool is_exr = fs::path(name).extension() == ".exr";
    Image stored = image;
    stored.alpha_is_associated = is_exr;
    save_image(stored, folder / name);
    const RawPicture raw = read_raw(folder / name);
    BOOST_TEST_REQUIRE(raw.channels == 4);
    for (int c = 0; c < 4; ++c) {
      const auto plane = c < 3 ? image.colour.select(1, c) : image.alpha.select(1, 0);
      const auto values = plane.accessor<float, 3>();
      bool same = true;
      for (int y = 0; y < raw.height; ++y) {
        for (int x = 0; x < raw.width; ++x) {
          same = same && value_of(raw, y, x, c) == values[0][y][x];
        }
      }
      BOOST_TEST(same, name << " type " << static_cast<int>(type) << " channel " << c);
    }
  }
}

BOOST_AUTO_TEST_CASE(files_of_other_programs_are_read_as_they_are) {
  const TemporaryFolder folder;
  for (const char* name : {"b.png", "b.tif", "b.exr"}) {
    for (int channels : {1, 2, 3, 4}) {
      const auto type = fs::path(name).extension() == ".exr" ? half : uint16;
      const RawPicture raw = example_picture(31, 17, channels, type);
      write_raw(folder / name, raw);
      const Image image = load_image(folder / name);
      BOOST_TEST(image.channels() == (channels < 3 ? 1 : 3));
      BOOST_TEST(image.alpha.defined() == (channels % 2 == 0));
      const auto all =
          image.alpha.defined() ? torch::cat({image.colour, image.alpha}, 1) : image.colour;
      const auto values = all.accessor<float, 4>();
      for (int c = 0; c < channels; ++c) {
        BOOST_TEST(values[0][c][16][30] == value_of(raw, 16, 30, c));
        BOOST_TEST(values[0][c][3][0] == value_of(raw, 3, 0, c));
      }
    }
  }
}

OIIO::ImageSpec spec_of_file(const fs::path& path) {
  OIIO::ImageSpec hints;
  hints.attribute("oiio:UnassociatedAlpha", 1);
  return OIIO::ImageInput::open(path.string(), &hints)->spec();
}

BOOST_AUTO_TEST_CASE(alpha_keeps_its_kind) {
  const TemporaryFolder folder;
  Image image = picture_of_all(uint16, 3, true);
  for (bool associated : {false, true}) {
    image.alpha_is_associated = associated;
    save_image(image, folder / "a.tif");
    BOOST_TEST(spec_of_file(folder / "a.tif").get_int_attribute("oiio:UnassociatedAlpha") ==
               !associated);
    const Image loaded = load_image(folder / "a.tif");
    BOOST_TEST(loaded.alpha_is_associated == associated);
    BOOST_TEST(same_bits(loaded.colour, image.colour));
  }
}

BOOST_AUTO_TEST_CASE(alpha_is_converted_between_formats) {
  const TemporaryFolder folder;
  Image image;
  image.colour = torch::tensor({0.8F, 0.6F, 0.4F}).reshape({1, 3, 1, 1}).expand({1, 3, 1, 2});
  image.alpha = torch::tensor({0.5F, 0.0F}).reshape({1, 1, 1, 2});
  image.sample_type = float32;
  save_image(image, folder / "a.exr");
  const Image associated = load_image(folder / "a.exr");
  BOOST_TEST(associated.alpha_is_associated);
  BOOST_TEST(associated.colour.select(3, 0).equal(image.colour.select(3, 0) * 0.5F));
  BOOST_TEST(associated.colour.select(3, 1).eq(0).all().item<bool>());
  // Back to unassociated: as it was where anything shows.
  save_image(associated, folder / "a.png");
  const Image back = load_image(folder / "a.png");
  BOOST_TEST(!back.alpha_is_associated);
  BOOST_TEST((back.sample_type == uint16));
  constexpr double kHalfStep = 0.5 / 65535;  // of 16 bits
  BOOST_TEST((back.colour - image.colour).select(3, 0).abs().max().item<float>() <=
             kHalfStep * 1.01);
}

// The nearest type that the format holds, values clamped only where they must be.
BOOST_AUTO_TEST_CASE(types_follow_the_format) {
  const TemporaryFolder folder;
  Image image;
  image.colour = torch::tensor({-0.5F, 0.25F, 3.5F}).reshape({1, 1, 1, 3});
  const auto saved = [&](SampleType type, const char* name) {
    image.sample_type = type;
    save_image(image, folder / name);
    return load_image(folder / name);
  };
  BOOST_TEST((saved(half, "a.png").sample_type == uint16));
  BOOST_TEST((saved(half, "a.tif").sample_type == float32));
  BOOST_TEST((saved(uint16, "a.exr").sample_type == float32));
  BOOST_TEST((saved(uint8, "a.exr").sample_type == half));
  BOOST_TEST((saved(float32, "a.webp").sample_type == uint8));
  BOOST_TEST((saved(uint16, "a.jpg").sample_type == uint8));
  BOOST_TEST(same_bits(saved(half, "a.exr").colour, image.colour));
  BOOST_TEST(same_bits(saved(float32, "a.tif").colour, image.colour));
  const auto clamped = saved(float32, "a.png").colour.flatten();
  BOOST_TEST(clamped[0].item<float>() == 0);
  BOOST_TEST(clamped[2].item<float>() == 1);
  // Above the largest half a half file would hold infinity.
  image.colour.fill_(1e6F);
  BOOST_TEST(saved(half, "b.exr").colour.max().item<float>() == 65504);
}

BOOST_AUTO_TEST_CASE(jpeg_is_close_and_refuses_transparency) {
  const TemporaryFolder folder;
  write_raw(folder / "a.png", example_picture(96, 80));
  Image image = load_image(folder / "a.png");
  save_image(image, folder / "a.jpg");
  const auto coarse = load_image(folder / "a.jpg");
  // A smooth picture at quality 95: a few of 255 steps.
  BOOST_TEST((coarse.colour - image.colour).abs().max().item<float>() < 12.0 / 255);
  save_image(image, folder / "small.jpg", {.jpeg_quality = 30});
  BOOST_TEST(fs::file_size(folder / "small.jpg") < fs::file_size(folder / "a.jpg"));

  image.alpha = torch::ones({1, 1, 80, 96});
  save_image(image, folder / "opaque.jpg");
  BOOST_TEST(!load_image(folder / "opaque.jpg").alpha.defined());
  image.alpha[0][0][4][5] = 0.5F;
  BOOST_CHECK_THROW(save_image(image, folder / "clear.jpg"), Error);
  BOOST_TEST(!fs::exists(folder / "clear.jpg"));
}

// What was lossy becomes lossy again, all else is kept.
BOOST_AUTO_TEST_CASE(webp_follows_its_source) {
  const TemporaryFolder folder;
  write_raw(folder / "a.png", example_picture(96, 80));
  write_raw(folder / "a.jpg", example_picture(96, 80));
  const Image exact = load_image(folder / "a.png");
  const Image lossy = load_image(folder / "a.jpg");
  save_image(exact, folder / "exact.webp");
  save_image(lossy, folder / "lossy.webp");
  BOOST_TEST(same_bits(load_image(folder / "exact.webp").colour, exact.colour));
  BOOST_TEST(!same_bits(load_image(folder / "lossy.webp").colour, lossy.colour));
  const Image again = load_image(folder / "lossy.webp");
  save_image(again, folder / "again.webp", {.jpeg_quality = 20});
  BOOST_TEST(fs::file_size(folder / "again.webp") < fs::file_size(folder / "lossy.webp"));
}

BOOST_AUTO_TEST_CASE(many_at_once_are_as_one_at_a_time) {
  const TemporaryFolder folder;
  const char* const extensions[] = {".png", ".tif", ".webp", ".exr"};
  const auto picture = [](std::int64_t i) {
    const auto type = i % 4 == 3 ? half : uint8;
    const RawPicture raw = example_picture(40 + static_cast<int>(i), 30, 3, type);
    Image image;
    image.sample_type = type;
    image.colour = torch::empty({1, 3, raw.height, raw.width});
    auto values = image.colour.accessor<float, 4>();
    for (int c = 0; c < 3; ++c) {
      for (int y = 0; y < raw.height; ++y) {
        for (int x = 0; x < raw.width; ++x) {
          values[0][c][y][x] = value_of(raw, y, x, c);
        }
      }
    }
    return image;
  };
  constexpr std::int64_t kCount = 64;
  std::vector<char> same(kCount, 0);
  parallel_items(kCount, {.items = 4}, [&](std::int64_t i) {
    const Image image = picture(i);
    const fs::path path = folder / (std::to_string(i) + extensions[i % 4]);
    save_image(image, path);
    same[i] = same_bits(load_image(path).colour, image.colour) ? 1 : 0;
  });
  BOOST_TEST(std::count(same.begin(), same.end(), 1) == kCount);
}

// 300 rows are more than one block of rows; 8 MB more than one of reading.
BOOST_AUTO_TEST_CASE(tall_and_wide_pictures_cross_the_blocks) {
  const TemporaryFolder folder;
  for (const auto& [height, width] : {std::pair{1, 30000}, {30000, 1}, {1, 1}, {4097, 700}}) {
    Image image;
    image.sample_type = uint16;
    const auto count = std::int64_t{height} * width * 3;
    image.colour =
        (torch::arange(count, torch::kInt64) * 40503 % 65536).to(torch::kFloat32) / 65535;
    image.colour = image.colour.reshape({1, 3, height, width});
    for (const char* name : {"a.png", "a.tif", "a.exr"}) {
      save_image(image, folder / name);
      BOOST_TEST(same_bits(load_image(folder / name).colour, image.colour),
                 name << " " << width << " x " << height);
    }
  }
}

BOOST_AUTO_TEST_CASE(extensions_are_known_in_any_case) {
  BOOST_TEST(is_image_path("a.PNG"));
  BOOST_TEST(is_image_path("x/y.tiff"));
  BOOST_TEST(!is_image_path("a.txt"));
  BOOST_TEST(!is_image_path("png"));
  for (const std::string& extension : image_extensions()) {
    BOOST_TEST(is_image_path("a" + extension));
  }
}

torch::Tensor cut(const torch::Tensor& x, std::int64_t y0, std::int64_t x0, std::int64_t height,
                  std::int64_t width) {
  return x.defined() ? x.narrow(2, y0, height).narrow(3, x0, width) : x;
}

// The windows of a file that is read once from top to bottom are those of the whole picture.
BOOST_AUTO_TEST_CASE(windows_are_parts_of_the_whole) {
  const TemporaryFolder folder;
  const Image image = picture_of_all(half, 3, true);
  for (const std::string name : {"a.png", "a.tif", "a.exr", "a.webp"}) {
    save_image(image, folder / name);
    const Image whole = load_image(folder / name);
    ImageSource source(folder / name);
    BOOST_TEST(source.is_upright());
    BOOST_TEST(source.height() == whole.height());
    BOOST_TEST(source.channels() == 3);
    const std::int64_t height = whole.height(), width = whole.width();
    // With a gap, with an overlap, the last rows.
    for (const auto& [begin, end] :
         {std::pair<std::int64_t, std::int64_t>{2, 9}, {20, 60}, {40, 100}, {41, height}}) {
      source.advance(begin, end);
      const Image window = source.window(begin, 3, end - begin, width - 7);
      BOOST_TEST(same_bits(window.colour, cut(whole.colour, begin, 3, end - begin, width - 7)));
      BOOST_TEST(same_bits(window.alpha, cut(whole.alpha, begin, 3, end - begin, width - 7)));
    }
  }
}

// OpenImageIO's tiles, 64 x 64.
BOOST_AUTO_TEST_CASE(windows_of_tiled_files) {
  const TemporaryFolder folder;
  for (const std::string name : {"tiled.tif", "tiled.exr"}) {
    const int width = 200, height = 150;
    OIIO::ImageSpec spec(width, height, 3, OIIO::TypeDesc::HALF);
    if (name == "tiled.tif") spec.format = OIIO::TypeDesc::UINT16;
    spec.tile_width = spec.tile_height = 64;
    const auto output = OIIO::ImageOutput::create((folder / name).string());
    BOOST_TEST_REQUIRE(output->open((folder / name).string(), spec));
    std::vector<float> pixels(3 * width * height);
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<float>(i % 97) / 97;
    BOOST_TEST_REQUIRE(output->write_image(OIIO::TypeDesc::FLOAT, pixels.data()));
    output->close();
    const Image whole = load_image(folder / name);
    ImageSource source(folder / name);
    for (const auto& [begin, end] :
         {std::pair<std::int64_t, std::int64_t>{0, 10}, {5, 70}, {69, height}}) {
      source.advance(begin, end);
      BOOST_TEST(same_bits(source.window(begin, 11, end - begin, 100).colour,
                           cut(whole.colour, begin, 11, end - begin, 100)));
    }
  }
}

BOOST_AUTO_TEST_CASE(parts_make_the_same_file_as_the_whole) {
  const TemporaryFolder folder;
  const Image image = picture_of_all(half, 3, true);
  const std::int64_t height = image.height(), width = image.width();
  for (const std::string name : {".png", ".tif", ".exr", ".webp"}) {
    save_image(image, folder / ("whole" + name));
    ImageSink sink(image, folder / ("parts" + name));
    for (std::int64_t y = 0; y < height; y += 100) {
      for (std::int64_t x = 0; x < width; x += 70) {
        Image part = image;
        const auto rows = std::min<std::int64_t>(100, height - y);
        const auto columns = std::min<std::int64_t>(70, width - x);
        part.colour = cut(image.colour, y, x, rows, columns);
        part.alpha = cut(image.alpha, y, x, rows, columns);
        sink.put(part, y, x);
      }
      sink.flush(std::min(y + 100, height));
    }
    sink.commit();
    BOOST_TEST(same_bits(load_image(folder / ("parts" + name)).colour,
                         load_image(folder / ("whole" + name)).colour));
  }
}

// A line of /proc/self/status (VmRSS, VmHWM), in bytes.
double memory(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name + ":")) return std::stod(line.substr(name.size() + 1)) * 1024;
  return 0;
}

// Parts are for pictures that memory does not hold, and neither does it hold their files.
BOOST_AUTO_TEST_CASE(a_png_is_not_held_while_it_is_written) {
  if (!(std::ofstream("/proc/self/clear_refs") << "5")) return;  // no peak of our own
  const TemporaryFolder folder;
  constexpr std::int64_t kSide = 4096, kRows = 256;
  Image like, band;
  like.colour = torch::zeros({1}).expand({1, 3, kSide, kSide});
  torch::manual_seed(0);
  band.colour = torch::rand({1, 3, kRows, kSide});
  const double before = memory("VmRSS");
  ImageSink sink(like, folder / "a.png", {.history = HistoryEntry{"test", "parts"}});
  for (std::int64_t y = 0; y < kSide; y += kRows) {
    sink.put(band, y, 0);
    sink.flush(y + kRows);
  }
  sink.commit();
  const auto size = static_cast<double>(fs::file_size(folder / "a.png"));
  BOOST_TEST(size > 3.0 * kSide * kSide);  // noise: nothing to compress
  BOOST_TEST(memory("VmHWM") - before < size / 2);
  // The history is there: 33 bytes are the header's.
  std::string start(200, ' ');
  std::ifstream(folder / "a.png").read(start.data(), 200);
  BOOST_TEST(start.find("XML:com.adobe.xmp") == 33U + 8);
}

// Three blocks and a part of one; the new head is longer, as long, shorter, or nothing.
BOOST_AUTO_TEST_CASE(a_head_is_replaced_and_the_rest_moved) {
  const TemporaryFolder folder;
  using Bytes = std::vector<std::uint8_t>;
  Bytes bytes(3'500'000);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * i >> 7);
  for (const std::size_t old_size : {std::size_t{0}, std::size_t{700}, bytes.size()}) {
    for (const std::size_t new_size : {0, 1, 700, 701, 1 << 20, 3 << 20}) {
      write_file(folder / "a", bytes, "a");
      Bytes expected(new_size, 'h');
      replace_head(folder / "a", old_size, expected, "a");
      expected.insert(expected.end(), bytes.begin() + static_cast<std::ptrdiff_t>(old_size),
                      bytes.end());
      BOOST_TEST((read_file(folder / "a") == expected), old_size << " bytes become " << new_size);
    }
  }
}

}  // namespace
}  // namespace restore::testing
