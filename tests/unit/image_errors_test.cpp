// Files that cannot be read or written: one line that begins with the path, and nothing left
// behind.
#include <algorithm>
#include <csignal>
#include <fstream>
#include <limits>
#include <string>

#include <OpenImageIO/imageio.h>
#include <boost/test/unit_test.hpp>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "librestore/core/error.h"
#include "librestore/core/rng.h"
#include "librestore/image/image_io.h"
#include "librestore/image/image_stream.h"
#include "librestore/image/png_chunks.h"
#include "tests/support/raw_picture.h"
#include "tests/support/temporary_folder.h"

namespace restore::testing {
namespace {

namespace fs = std::filesystem;
using enum SampleType;

std::string read_bytes(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write_bytes(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

void overwrite(std::string& bytes, std::size_t at, std::string_view with) {
  std::copy(with.begin(), with.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

// What `body` throws; empty when it throws nothing. The message has the form that users rely on.
template <typename Body>
std::string message_of(const fs::path& path, const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    const std::string message = error.what();
    BOOST_TEST((error.code() == ExitCode::some_failed));
    BOOST_TEST(message.starts_with(path.string() + ": "), message);
    BOOST_TEST(message.find('\n') == std::string::npos, message);
    return message.substr(path.string().size() + 2);
  }
  return {};
}

std::string load_message(const fs::path& path, const LoadOptions& options = {}) {
  return message_of(path, [&] { load_image(path, options); });
}

void check_load(const fs::path& path, const std::string& mention) {
  const std::string message = load_message(path);
  BOOST_TEST(message.find(mention) != std::string::npos, path << ": '" << message << "'");
}

// Noise, so that every part of a compressed file matters.
Image noise(std::int64_t height, std::int64_t width, SampleType type) {
  Image image;
  Rng rng(1);
  image.colour = torch::empty({1, 3, height, width});
  rng.uniform({image.colour.data_ptr<float>(), static_cast<std::size_t>(image.colour.numel())},
              {.channels = 3, .height = height, .width = width});
  image.colour = (image.colour * 255).round() / 255;
  image.sample_type = type;
  return image;
}

BOOST_AUTO_TEST_CASE(a_header_that_claims_too_much_is_refused_before_it_costs_memory) {
  const TemporaryFolder folder;
  for (const char* name : {"grey.pgm", "bits.pbm"}) {
    write_bytes(folder / name,
                name[0] == 'g' ? "P5 30000 30000 255\nxxxxxxxx" : "P4 30000 30000\nxxxx");
    check_load(folder / name, "too short for 30000 x 30000 pixels");
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_picture) {
  const TemporaryFolder folder;
  check_load(folder / "missing.png", "no such file");
  fs::create_directory(folder / "folder.png");
  check_load(folder / "folder.png", "folder");
  for (const char* name : {"empty.png", "empty.jpg", "empty.exr"}) {
    write_bytes(folder / name, "");
    check_load(folder / name, "empty file");
  }
  for (const char* name : {"text.jpg", "text.png", "text.tif", "text.webp", "text.exr", "text"}) {
    write_bytes(folder / name, "Dear diary,\nthis is not a picture.\n");
    check_load(folder / name, "not a picture");
  }
  mkfifo((folder / "pipe.png").c_str(), 0600);
  check_load(folder / "pipe.png", "not a regular file");
  check_load(folder / "text.jpg" / "a.png", "");
  if (geteuid() != 0) {
    save_image(noise(4, 4, uint8), folder / "secret.png");
    fs::permissions(folder / "secret.png", fs::perms::none);
    check_load(folder / "secret.png", "Permission denied");
  }
}

// The name may lie about the format; the content decides.
BOOST_AUTO_TEST_CASE(a_wrong_extension_is_no_mistake) {
  const TemporaryFolder folder;
  const Image image = noise(5, 7, uint8);
  save_image(image, folder / "a.png");
  for (const char* name : {"a.jpg", "a.exr", "a.webp", "a.photo"}) {
    fs::copy_file(folder / "a.png", folder / name);
    BOOST_TEST(load_image(folder / name).colour.equal(image.colour), name);
  }
}

BOOST_AUTO_TEST_CASE(truncated_files_never_pass) {
  const TemporaryFolder folder;
  for (const auto& [name, type] : {std::pair{"a.png", uint8},
                                   {"a.png", uint16},
                                   {"a.jpg", uint8},
                                   {"a.tif", uint8},
                                   {"a.tif", float32},
                                   {"a.webp", uint8},
                                   {"a.exr", half},
                                   {"a.bmp", uint8},
                                   {"a.ppm", uint8}}) {
    save_image(noise(60, 90, type), folder / name);
    const std::string whole = read_bytes(folder / name);
    const fs::path part = folder / (std::string("part") + fs::path(name).extension().string());
    std::vector<std::size_t> sizes = {1, 2, 7, 8, 9, 20, 33, 60, 100, whole.size() - 1};
    for (std::size_t i = 1; i < 40; ++i) sizes.push_back(whole.size() * i / 40);
    for (std::size_t size : sizes) {
      write_bytes(part, whole.substr(0, size));
      BOOST_TEST(!load_message(part).empty(), name << " cut to " << size << " of " << whole.size());
    }
  }
}

// Sizes cost no more than a header; what is wrong further on is found before a pixel is handed out.
BOOST_AUTO_TEST_CASE(a_damaged_png_has_a_size_but_no_pixels) {
  const TemporaryFolder folder;
  save_image(noise(60, 90, uint8), folder / "a.png");
  const std::string whole = read_bytes(folder / "a.png");
  const std::size_t pixels = whole.find("IDAT") + 4;
  for (const std::size_t at : {pixels, pixels + 5000}) {
    std::string bytes = whole;
    bytes[at] ^= 1;
    write_bytes(folder / "a.png", bytes);
    ImageSource source(folder / "a.png");
    BOOST_TEST(source.width() == 90);
    const auto expected = "damaged PNG: the checksum of its chunk IDAT is wrong";
    BOOST_TEST(message_of(folder / "a.png", [&] { source.whole(); }) == expected);
    ImageSource rows(folder / "a.png");
    BOOST_TEST(message_of(folder / "a.png", [&] { rows.advance(0, 1); }) == expected);
  }
}

// libpng would add lines of its own to stderr.
BOOST_AUTO_TEST_CASE(a_png_begins_with_its_only_header) {
  const TemporaryFolder folder;
  save_image(noise(6, 9, uint8), folder / "a.png");
  const std::string whole = read_bytes(folder / "a.png");
  const std::string signature = whole.substr(0, 8), header = whole.substr(8, 25);
  const auto check = [&](const std::string& bytes, const std::string& mention) {
    write_bytes(folder / "a.png", bytes);
    check_load(folder / "a.png", mention);
  };
  check(signature + whole.substr(33), "damaged PNG: its first chunk");
  check(signature + header + header + whole.substr(33), "damaged PNG: its first chunk");
  std::string wide = header.substr(8, 13);
  overwrite(wide, 0, std::string("\0\x0F\x42\x41", 4));  // 1000001
  std::vector<std::uint8_t> chunk;
  append_png_chunk(chunk, "IHDR", std::vector<std::uint8_t>(wide.begin(), wide.end()));
  check(signature + std::string(chunk.begin(), chunk.end()) + whole.substr(33),
        "1000001 x 6 pixels; libpng reads up to 1000000 a side");
}

// A decoder that met damage may return half a picture and a warning.
BOOST_AUTO_TEST_CASE(damaged_jpegs_do_not_pass_when_the_decoder_notices) {
  const TemporaryFolder folder;
  save_image(noise(60, 90, uint8), folder / "a.jpg");
  std::string bytes = read_bytes(folder / "a.jpg");
  std::string marker = bytes;
  overwrite(marker, bytes.size() / 2, "\xFF\xD9");  // an early end
  write_bytes(folder / "early.jpg", marker);
  check_load(folder / "early.jpg", "JPEG");
  // What some cameras leave before the end marker is harmless, as is anything after it.
  write_bytes(folder / "padded.jpg", bytes.substr(0, bytes.size() - 2) + "\x01\x02\x03\xFF\xD9");
  write_bytes(folder / "trailer.jpg", bytes + "trailer");
  const auto expected = load_image(folder / "a.jpg").colour;
  BOOST_TEST(load_image(folder / "padded.jpg").colour.equal(expected));
  BOOST_TEST(load_image(folder / "trailer.jpg").colour.equal(expected));
}

BOOST_AUTO_TEST_CASE(samples_that_are_no_numbers) {
  const TemporaryFolder folder;
  auto raw = example_picture(8, 6, 3, float32);
  raw.set_value(4, 5, 1, std::numeric_limits<double>::quiet_NaN());
  raw.set_value(5, 5, 2, std::numeric_limits<double>::infinity());
  for (const char* name : {"nan.exr", "nan.tif"}) {
    write_raw(folder / name, raw);
    check_load(folder / name, "2 samples are NaN or infinite, the first at x=5 y=4");
  }
  auto alpha = example_picture(8, 6, 4, half);
  alpha.set_value(0, 0, 3, -std::numeric_limits<double>::infinity());
  write_raw(folder / "alpha.exr", alpha);
  check_load(folder / "alpha.exr", "1 samples are NaN or infinite, the first at x=0 y=0");

  Image image = noise(4, 4, uint8);
  image.colour[0][2][1][3] = std::numeric_limits<float>::quiet_NaN();
  const fs::path path = folder / "out.png";
  const std::string message = message_of(path, [&] { save_image(image, path); });
  BOOST_TEST(message.find("x=3 y=1") != std::string::npos, message);
  BOOST_TEST(!fs::exists(path));
}

BOOST_AUTO_TEST_CASE(too_many_pixels_are_refused_by_the_header) {
  const TemporaryFolder folder;
  for (const char* name : {"a.png", "a.jpg", "a.tif", "a.webp", "a.exr", "a.bmp"}) {
    save_image(noise(10, 20, uint8), folder / name);
    BOOST_TEST(load_message(folder / name, {.max_pixels = 200}).empty(), name);
    const std::string message = load_message(folder / name, {.max_pixels = 199});
    BOOST_TEST(message.find("20 x 10 pixels are more than the 199 allowed") != std::string::npos,
               message);
  }
  // Headers that promise a gigantic picture: nothing may be allocated for it.
  std::string png = read_bytes(folder / "a.png");
  overwrite(png, 16, "\x7F\xFF\xFF\xFF\x7F\xFF\xFF\xFF");
  write_bytes(folder / "huge.png", png);
  check_load(folder / "huge.png", "2147483647 x 2147483647");
  std::string jpeg = read_bytes(folder / "a.jpg");
  const auto frame = jpeg.find("\xFF\xC0");
  jpeg[frame + 1] = '\xC2';  // progressive: a decoder allocates the whole as it opens the file
  overwrite(jpeg, frame + 5, "\xFF\xDC\xFF\xDC");
  write_bytes(folder / "huge.jpg", jpeg);
  check_load(folder / "huge.jpg", "65500 x 65500");
  overwrite(png, 16, std::string(8, '\0'));
  write_bytes(folder / "none.png", png);
  check_load(folder / "none.png", "without pixels");
}

BOOST_AUTO_TEST_CASE(layouts_that_are_no_pictures) {
  const TemporaryFolder folder;
  const auto write = [&](const char* name, const std::vector<std::string>& channels,
                         OIIO::TypeDesc type = OIIO::TypeDesc::FLOAT, const char* space = "") {
    OIIO::ImageSpec spec(4, 3, static_cast<int>(channels.size()), type);
    spec.channelnames = channels;
    if (*space != '\0') spec.attribute("tiff:ColorSpace", space);
    const auto output = OIIO::ImageOutput::create((folder / name).string());
    BOOST_TEST_REQUIRE(output->open((folder / name).string(), spec), output->geterror());
    const std::vector<float> samples(12 * channels.size(), 0.5F);
    BOOST_TEST_REQUIRE(output->write_image(OIIO::TypeDesc::FLOAT, samples.data()));
    output->close();
  };
  write("depth.exr", {"R", "G", "B", "A", "Z"});
  check_load(folder / "depth.exr", "R, G, B, A, Z");
  write("z.exr", {"Z"});
  check_load(folder / "z.exr", "its channels are Z");
  write("two.exr", {"left.R", "left.G", "right.B"});
  check_load(folder / "two.exr", "left.R, left.G, right.B");
  write("integers.tif", {"Y"}, OIIO::TypeDesc::UINT32);
  check_load(folder / "integers.tif", "samples of type uint");
  write("cmyk.tif", {"C", "M", "Y", "K"}, OIIO::TypeDesc::UINT8, "CMYK");
  check_load(folder / "cmyk.tif", "");

  // Two pages: restoring the first alone would lose the second.
  const auto pages = OIIO::ImageOutput::create("tiff");
  const OIIO::ImageSpec page(4, 3, 1, OIIO::TypeDesc::UINT8);
  const std::vector<std::uint8_t> samples(12, 100);
  const std::string path = (folder / "pages.tif").string();
  pages->open(path, page);
  pages->write_image(OIIO::TypeDesc::UINT8, samples.data());
  pages->open(path, page, OIIO::ImageOutput::AppendSubimage);
  pages->write_image(OIIO::TypeDesc::UINT8, samples.data());
  pages->close();
  check_load(path, "more than one picture");

  // A JPEG's frame header that names four components, as CMYK has.
  save_image(noise(8, 8, uint8), folder / "a.jpg");
  std::string jpeg = read_bytes(folder / "a.jpg");
  jpeg[jpeg.find("\xFF\xC0") + 9] = 4;
  write_bytes(folder / "cmyk.jpg", jpeg);
  check_load(folder / "cmyk.jpg", "CMYK");
}

BOOST_AUTO_TEST_CASE(places_that_cannot_be_written) {
  const TemporaryFolder folder;
  const Image image = noise(4, 4, uint8);
  const auto check = [&](const fs::path& path, const std::string& mention) {
    const std::string message = message_of(path, [&] { save_image(image, path); });
    BOOST_TEST(message.find(mention) != std::string::npos, path << ": '" << message << "'");
  };
  check(folder / "a.xyz", "known extensions are .png");
  check(folder / "png", "known extensions");
  check(folder / "nowhere" / "a.png", "No such file or directory");
  check("/proc/a.png", "");
  fs::create_directory(folder / "a.png");
  check(folder / "a.png", "directory");
  if (geteuid() != 0) {
    fs::create_directory(folder / "locked");
    fs::permissions(folder / "locked", fs::perms::owner_read | fs::perms::owner_exec);
    check(folder / "locked" / "a.png", "Permission denied");
  }
  Image wide;
  wide.colour = torch::zeros({1, 1, 1, 16384});
  const fs::path path = folder / "wide.webp";
  BOOST_TEST(message_of(path, [&] { save_image(wide, path); }).find("16383") != std::string::npos);
  const auto left = std::distance(fs::directory_iterator(folder.path()), {});
  BOOST_TEST(left <= 2, "only the folders of this test remain");
}

// A file size limit stops writers where a full disk would, at every possible byte.
BOOST_AUTO_TEST_CASE(a_full_disk_at_any_byte_leaves_no_partial_file) {
  const TemporaryFolder folder;
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  for (const char* name : {"a.png", "a.jpg", "a.tif", "a.webp", "a.exr", "a.bmp", "a.ppm"}) {
    const Image image = noise(60, 90, std::string(name) == "a.exr" ? half : uint8);
    const fs::path path = folder / name;
    save_image(image, path);
    const std::string whole = read_bytes(path);
    const std::size_t size = whole.size();
    fs::remove(path);
    for (std::size_t limit : {std::size_t{0}, std::size_t{1}, std::size_t{4095}, size / 4, size / 2,
                              size - 4097, size - 1000, size - 20, size - 1, size}) {
      rlimit limited = before;
      limited.rlim_cur = limit;
      setrlimit(RLIMIT_FSIZE, &limited);
      const std::string message = message_of(path, [&] { save_image(image, path); });
      setrlimit(RLIMIT_FSIZE, &before);
      BOOST_TEST_CONTEXT(name << " limited to " << limit << " of " << size) {
        BOOST_TEST(message.empty() == (limit == size));
        BOOST_TEST(fs::exists(path) == (limit == size));
        if (limit < size) BOOST_TEST(message.find("File too large") != std::string::npos, message);
        if (limit == size) BOOST_TEST((read_bytes(path) == whole));
        fs::remove(path);
        BOOST_TEST(fs::is_empty(folder.path()));
      }
    }
  }
}

}  // namespace
}  // namespace restore::testing
