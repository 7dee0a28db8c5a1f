// A folder with every kind of broken file among the good ones: each fails by itself, in one record
// and one line, and all others are restored.
#include <limits>
#include <set>

#include <boost/test/unit_test.hpp>

#include "librestore/core/json.h"
#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

namespace fs = std::filesystem;
using enum SampleType;

constexpr std::size_t kAll = 200, kBroken = 30;

// Small, odd and large sides are no damage.
std::set<std::string> write_good(const ToolBench& bench) {
  write_raw(bench / "photos/a.png", example_picture(48, 40));
  write_raw(bench / "photos/b.tif", example_picture(40, 48, 1, uint16));
  write_raw(bench / "photos/c.exr", example_picture(31, 17, 4, half));
  write_raw(bench / "photos/d.webp", example_picture(48, 40, 3));
  write_raw(bench / "photos/one.png", example_picture(1, 1));
  write_raw(bench / "photos/wide.png", example_picture(30000, 1));
  write_raw(bench / "photos/z.jpg", example_picture(48, 40));
  std::set<std::string> names = {"a.png",   "b.tif",    "c.exr", "d.webp",
                                 "one.png", "wide.png", "z.jpg"};
  write_raw(bench / "photos/good.png", example_picture(16, 12));
  names.insert("good.png");
  while (names.size() + kBroken < kAll) {
    names.insert(std::to_string(names.size()) + ".png");
    fs::copy_file(bench / "photos/good.png",
                  bench / "photos" / (std::to_string(names.size() - 1) + ".png"));
  }
  return names;
}

std::set<std::string> write_broken(const ToolBench& bench) {
  std::set<std::string> names;
  const auto write = [&](const std::string& name, const std::string& bytes) {
    write_bytes(bench / "photos" / name, bytes);
    names.insert(name);
  };
  for (const std::string extension : {"png", "jpg", "tif", "webp", "exr"}) {
    const auto type = extension == "exr" ? half : uint8;
    write_raw(bench / ("whole." + extension), example_picture(96, 80, 3, type));
    const auto bytes = read_bytes(bench / ("whole." + extension));
    write("cut." + extension, bytes.substr(0, bytes.size() / 2));
    write("empty." + extension, "");
    write("text." + extension, "Dear diary,\nthis is no picture.\n");
  }
  std::string png = read_bytes(bench / "whole.png");
  png[png.size() / 2] ^= 1;
  write("flipped.png", png);
  png = read_bytes(bench / "whole.png");
  png.replace(24, 2, {16, 3});  // a palette of 16 bits
  write("palette.png", png);
  png.replace(16, 8, std::string(8, '\x7F'));
  write("huge.png", png);

  png = read_bytes(bench / "whole.png");
  write("headless.png", png.substr(8));
  write("endless.png", png.substr(0, png.size() - 12));  // without IEND
  write("sizeless.png", png.substr(0, 16) + std::string(8, '\0') + png.substr(24));
  // A frame header that names four components, as CMYK has.
  std::string jpeg = read_bytes(bench / "whole.jpg");
  jpeg[jpeg.find("\xFF\xC0") + 9] = 4;
  write("cmyk.jpg", jpeg);
  jpeg = read_bytes(bench / "whole.jpg");
  write("two-bytes.jpg", jpeg.substr(0, 2));
  const std::string tiff = read_bytes(bench / "whole.tif");
  write("header.tif", tiff.substr(0, 8));
  write("png-named.webp.png", read_bytes(bench / "whole.webp").substr(0, 12));

  auto floats = example_picture(20, 16, 3, float32);
  floats.set_value(3, 4, 1, std::numeric_limits<double>::quiet_NaN());
  write_raw(bench / "photos/nan.exr", floats);
  fs::create_directory(bench / "photos/folder.png");
  fs::create_symlink("nowhere.png", bench / "photos/link.png");
  floats = example_picture(20, 16, 3, half);
  floats.set_value(0, 0, 0, std::numeric_limits<double>::infinity());
  write_raw(bench / "photos/infinite.exr", floats);
  fs::create_directory(bench / "photos/folder.jpg");
  names.insert({"nan.exr", "infinite.exr", "folder.png", "folder.jpg", "link.png"});
  return names;
}

BOOST_AUTO_TEST_CASE(each_fails_by_itself) {
  const ToolBench bench;
  fs::create_directory(bench / "photos");
  const auto good = write_good(bench), broken = write_broken(bench);
  BOOST_TEST_REQUIRE(broken.size() == kBroken);
  const Words call = {"restore-pnp", "photos",  "--operator", "identity",       "--solver",
                      "denoise",     "--prior", "tv",         "--noise",        "0.02",
                      "-o",          "out",     "--json",     "--skip-existing"};
  for (const std::string status : {"ok", "skipped"}) {  // and again, with what is done left alone
    const auto result = bench.run(call);
    BOOST_TEST(result.exit_code == static_cast<int>(ExitCode::some_failed));
    std::set<std::string> done, failed;
    for (const auto& line : lines_of(result.out)) {
      const Json record = Json::parse(line);
      const auto name = fs::path(record.at("input").get<std::string>()).filename().string();
      const bool ok = record.at("status") == status;
      BOOST_TEST((ok || record.at("status") == "failed"), line);
      BOOST_TEST((ok ? done : failed).insert(name).second, "a second record: " << line);
    }
    BOOST_TEST(done == good, boost::test_tools::per_element());
    BOOST_TEST(failed == broken, boost::test_tools::per_element());
    const auto lines = lines_of(result.err);
    BOOST_TEST(lines.size() == broken.size(), result.err);
    for (const auto& line : lines) BOOST_TEST(line.starts_with("restore-pnp: photos/"), line);
  }
}

}  // namespace
}  // namespace restore::testing
