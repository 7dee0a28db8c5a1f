// What a picture says besides its pixels is still there after a restoration, as exiftool reads it,
// and so is how the restoration was made.
#include <algorithm>
#include <set>

#include <boost/test/unit_test.hpp>

#include "tests/support/example_profile.h"
#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

// Some of everything that cameras and editors write.
const Words kMetadata = {
    "-icc_profile<=p.icc",
    "-EXIF:Artist=Ada Lovelace",
    "-EXIF:Copyright=Ada, 2024",
    "-EXIF:ImageDescription=A description",
    "-EXIF:Make=Maker",
    "-EXIF:Model=Model 1",
    "-EXIF:Software=Firmware 1.0",
    "-EXIF:ModifyDate=2024:01:02 03:04:05",
    "-EXIF:DateTimeOriginal=2023:01:02 03:04:05",
    "-EXIF:OffsetTimeOriginal=+02:00",
    "-EXIF:ExposureTime=1/125",
    "-EXIF:FNumber=2.8",
    "-EXIF:ISO=400",
    "-EXIF:LensModel=35mm F2",
    "-EXIF:UserComment=A comment",
    "-EXIF:GPSLatitude=52.5",
    "-EXIF:GPSLatitudeRef=N",
    "-EXIF:Orientation#=6",
    "-EXIF:XResolution=300",
    "-EXIF:YResolution=300",
    "-EXIF:ResolutionUnit#=2",
    "-JFIF:XResolution=300",
    "-JFIF:YResolution=300",
    "-JFIF:ResolutionUnit#=1",
    "-PNG-pHYs:PixelsPerUnitX=11811",
    "-PNG-pHYs:PixelsPerUnitY=11811",
    "-PNG-pHYs:PixelUnits#=1",
    "-XMP-dc:Title=A title",
    "-XMP-dc:Subject=one",
    "-XMP-dc:Subject=two",
    "-XMP-dc:Rights=All of them",
    "-XMP-xmp:Rating=4",
    "-XMP-xmpMM:History=[{Action=created,SoftwareAgent=Camera}]",
    "-XMP-tiff:Orientation#=6",
    "-IPTC:CodedCharacterSet=UTF8",
    "-IPTC:Keywords=eins",
    "-IPTC:Keywords=zwei",
    "-IPTC:City=K\u00f6ln",
};

Words lines_by_exiftool(const ToolBench& bench, Words words) {
  words.insert(words.begin(), "exiftool");
  const auto result = run_process(words, {.folder = bench.path()});
  BOOST_TEST_REQUIRE(result.exit_code == 0, result.err);
  return lines_of(result.out);
}

void write_photo(const ToolBench& bench, const std::string& name) {
  const auto profile = example_profile();
  write_bytes(bench / "p.icc", {profile.begin(), profile.end()});
  write_raw(bench / name, example_picture(48, 40));
  Words words = {"-q", "-q", "-m", "-overwrite_original"};
  words.insert(words.end(), kMetadata.begin(), kMetadata.end());
  words.push_back(name);
  lines_by_exiftool(bench, words);
}

// `[Group] Tag: value` of all that does not say how the file itself is laid out.
std::set<std::string> metadata_of(const ToolBench& bench, const std::string& name) {
  static const Words kLayout = {"ImageHeight",  "ImageWidth",      "ImageOffset",  "RowsPerStrip",
                                "SampleFormat", "StripByteCounts", "StripOffsets", "XMPToolkit",
                                "ProfileName",  "Compression",     "Predictor"};
  std::set<std::string> lines;
  for (auto& line :
       lines_by_exiftool(bench, {"-a", "-G1", "-S", "-n", "-x", "System:all", "-x", "File:all",
                                 "-x", "Composite:all", "-x", "ExifTool:all", name}))
    if (std::none_of(kLayout.begin(), kLayout.end(), [&](const std::string& tag) {
          return line.find("] " + tag + ":") != std::string::npos;
        }))
      lines.insert(line);
  return lines;
}

Words denoise(const std::string& input, const std::string& output, const Words& more = {}) {
  Words words = {"restore-pnp", input, "--operator", "identity", "--solver", "denoise",
                 "--prior",     "tv",  "--noise",    "0.01",     "-o",       output};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string value_of(const std::set<std::string>& lines, const std::string& tag) {
  for (const auto& line : lines)
    if (const auto at = line.find("] " + tag + ": "); at != std::string::npos)
      return line.substr(at + tag.size() + 4);
  return {};
}

std::set<std::string> without(std::set<std::string> lines, const Words& tags) {
  std::erase_if(lines, [&](const std::string& line) {
    return std::any_of(tags.begin(), tags.end(), [&](const std::string& tag) {
      return line.find("] " + tag) != std::string::npos;
    });
  });
  return lines;
}

constexpr const char* kParameters = "method denoise, prior tv, noise 0.01, seed 0";

BOOST_AUTO_TEST_CASE(nothing_is_lost_that_the_format_holds) {
  const ToolBench bench;
  for (const std::string extension : {"png", "jpg", "tif", "webp"}) {
    const std::string before = "photo." + extension, after = "out/photo." + extension;
    write_photo(bench, before);
    bench.run_well(denoise(before, after));
    const auto expected = metadata_of(bench, before), actual = metadata_of(bench, after);
    BOOST_TEST(value_of(expected, "Orientation") == "6");
    BOOST_TEST(value_of(actual, "Orientation") == "1", "the pixels are upright now");
    BOOST_TEST(value_of(actual, "HistoryAction") == "created, filtered");
    BOOST_TEST(value_of(actual, "HistorySoftwareAgent").starts_with("Camera, restore-pnp "));
    BOOST_TEST(value_of(actual, "HistoryParameters") == kParameters);
    BOOST_TEST(without(actual, {"Orientation", "History"}) ==
                   without(expected, {"Orientation", "History"}),
               boost::test_tools::per_element());
  }
}

// Turned upright, 48 x 40 pixels at 300 x 150 dpi are 40 x 48 at 150 x 300.
BOOST_AUTO_TEST_CASE(a_quarter_turn_exchanges_sizes_and_resolutions) {
  const ToolBench bench;
  for (const std::string extension : {"jpg", "tif"}) {
    const std::string before = "turned." + extension, after = "out/turned." + extension;
    write_raw(bench / before, example_picture(48, 40));
    lines_by_exiftool(bench,
                      {"-q", "-q", "-m", "-overwrite_original", "-EXIF:Orientation#=6",
                       "-EXIF:XResolution=300", "-EXIF:YResolution=150", "-EXIF:ResolutionUnit#=2",
                       "-EXIF:ExifImageWidth=48", "-EXIF:ExifImageHeight=40", before});
    bench.run_well(denoise(before, after));
    const auto said = metadata_of(bench, after);
    for (const auto& [tag, value] : {std::pair{"XResolution", "150"},
                                     {"YResolution", "300"},
                                     {"ExifImageWidth", "40"},
                                     {"ExifImageHeight", "48"}})
      BOOST_TEST(value_of(said, tag) == value, after << " " << tag << ": " << value_of(said, tag));
  }
}

BOOST_AUTO_TEST_CASE(the_history_tells_which_prior_it_was) {
  const ToolBench bench;
  auto words = denoise("photo.png", "out/photo.png");
  *std::find(words.begin(), words.end(), "tv") = "natural";
  bench.run_well(words);
  const auto told = value_of(metadata_of(bench, "out/photo.png"), "HistoryParameters");
  BOOST_TEST(told.starts_with("method denoise, prior natural, prior_hash "), told);
  BOOST_TEST(told.find('/') == std::string::npos, told);
}

BOOST_AUTO_TEST_CASE(the_history_tells_no_folders) {
  const ToolBench bench;
  std::filesystem::create_directory(bench / "mine");
  write_raw(bench / "mine/map.exr",
            make_raw(48, 40, 1, SampleType::float32, [](int, int, int) { return 0.05; }));
  const std::string noise = "gaussian(mine/map.exr)";
  bench.run_well({"restore-pnp", "photo.png", "--operator", "identity", "--prior", "tv", "--noise",
                  noise, "-o", "out/restored.png"});
  bench.run_well({"restore-degrade", "photo.png", "--operator", "identity", "--noise", noise, "-o",
                  "out/noisy.png"});
  for (const char* name : {"out/restored.png", "out/noisy.png"}) {
    const auto told = value_of(metadata_of(bench, name), "HistoryParameters");
    BOOST_TEST(told.find("map.exr") != std::string::npos, told);
    BOOST_TEST(told.find("mine") == std::string::npos, told);
  }
}

// EXR holds no EXIF, XMP or profile, but names for some of what they say.
BOOST_AUTO_TEST_CASE(an_exr_keeps_what_it_has_names_for) {
  const ToolBench bench;
  write_photo(bench, "photo.png");
  bench.run_well(denoise("photo.png", "photo.exr"));
  const auto before = metadata_of(bench, "photo.exr");
  for (const auto& [tag, value] : {std::pair{"Artist", "Ada Lovelace"},
                                   {"Comments", "A description"},
                                   {"Make", "Maker"},
                                   {"XResolution", "300"},
                                   {"Keywords", "one; two"},
                                   {"ExifLensModel", "35mm F2"}})
    BOOST_TEST(value_of(before, tag) == value, tag << ": " << value_of(before, tag));
  BOOST_TEST(value_of(before, "ImageHistory").ends_with(kParameters));
  bench.run_well(denoise("photo.exr", "out/photo.exr", {"--no-provenance"}));
  BOOST_TEST(without(metadata_of(bench, "out/photo.exr"), {"ResolutionUnit"}) ==
                 without(before, {"ResolutionUnit"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(history_and_metadata_can_be_left_out) {
  const ToolBench bench;
  write_photo(bench, "photo.png");
  for (const std::string after : {"out/photo.png", "out/photo.jpg", "out/photo.exr"}) {
    bench.run_well(denoise("photo.png", after, {"--no-provenance"}));
    BOOST_TEST(read_bytes(bench / after).find("restore-pnp") == std::string::npos, after);
    BOOST_TEST(read_bytes(bench / after).find("Ada") != std::string::npos, after);
    bench.run_well(denoise("photo.png", after, {"--strip", "--overwrite"}));
    for (const char* word : {"Ada", "Maker", "eins", "restore", "adobe", "eXIf", "iCCP", "acsp"})
      BOOST_TEST(read_bytes(bench / after).find(word) == std::string::npos, after << " " << word);
  }
}

}  // namespace
}  // namespace restore::testing
