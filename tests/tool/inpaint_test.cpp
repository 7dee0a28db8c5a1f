// restore-inpaint: the hole is filled, and every sample outside the mask comes back bit for bit.
#include <cmath>
#include <functional>

#include <boost/test/unit_test.hpp>

#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

constexpr int kWidth = 96, kHeight = 80;

struct Format {
  const char* extension;
  SampleType type;
  int channels;
};

constexpr Format kFormats[] = {
    {".png", SampleType::uint8, 3},   {".png", SampleType::uint8, 4},
    {".png", SampleType::uint8, 1},   {".png", SampleType::uint8, 2},
    {".png", SampleType::uint16, 3},  {".png", SampleType::uint16, 4},
    {".tif", SampleType::uint8, 3},   {".tif", SampleType::uint16, 4},
    {".tif", SampleType::float32, 3}, {".exr", SampleType::half, 3},
    {".exr", SampleType::half, 4},    {".exr", SampleType::float32, 3},
    {".exr", SampleType::float32, 1},
};

// A scratch, a blot and a corner that touches the frame.
bool is_hole(int y, int x) {
  const bool scratch = std::abs(y - 20 - x / 4) <= 1;
  const bool blot = std::hypot(y - 50, x - 60) < 6;
  const bool corner = y >= kHeight - 5 && x >= kWidth - 7;
  return scratch || blot || corner;
}

bool is_alpha(const RawPicture& picture, int c) {
  return picture.channels % 2 == 0 && c == picture.channels - 1;
}

// What a scratch leaves: a value far from its neighbours', where `picture` has a hole.
RawPicture scratched(RawPicture picture) {
  for (int y = 0; y < picture.height; ++y)
    for (int x = 0; x < picture.width; ++x)
      for (int c = 0; c < picture.channels; ++c)
        if (is_hole(y, x) && !is_alpha(picture, c)) picture.set_value(y, x, c, 1);
  return picture;
}

// Samples whose bits differ, among those that `counts` picks.
int changed_samples(const RawPicture& a, const RawPicture& b,
                    const std::function<bool(int, int, int)>& counts) {
  int changed = 0;
  for (int y = 0; y < a.height; ++y)
    for (int x = 0; x < a.width; ++x)
      for (int c = 0; c < a.channels; ++c)
        if (counts(y, x, c) && a.sample(y, x, c) != b.sample(y, x, c)) ++changed;
  return changed;
}

std::string name_of(const Format& format) {
  return std::to_string(static_cast<int>(format.type)) + "-" + std::to_string(format.channels) +
         format.extension;
}

void check_filled(const RawPicture& truth, const RawPicture& input, const RawPicture& output) {
  BOOST_TEST_REQUIRE(output.width == input.width);
  BOOST_TEST_REQUIRE(output.height == input.height);
  BOOST_TEST_REQUIRE(output.channels == input.channels);
  BOOST_TEST_REQUIRE((output.type == input.type));
  const auto outside = [](int y, int x, int) { return !is_hole(y, x); };
  const auto alpha = [&](int, int, int c) { return is_alpha(input, c); };
  const auto inside = [&](int y, int x, int c) { return is_hole(y, x) && !is_alpha(input, c); };
  BOOST_TEST(changed_samples(input, output, outside) == 0);
  BOOST_TEST(changed_samples(input, output, alpha) == 0);
  BOOST_TEST(changed_samples(input, output, inside) > 0);
  // White on a mid-tone is off by about half the range; the fill is not.
  BOOST_TEST(psnr_between(truth, output) > psnr_between(truth, input) + 6);
}

BOOST_AUTO_TEST_CASE(outside_the_mask_nothing_changes_in_any_format) {
  const ToolBench bench;
  write_raw(bench / "hole.png", example_mask(kWidth, kHeight, is_hole));
  std::filesystem::create_directory(bench / "in");
  const auto truth = [](const Format& format) {
    return example_picture(kWidth, kHeight, format.channels, format.type);
  };
  for (const auto& format : kFormats)
    write_raw(bench / "in" / name_of(format), scratched(truth(format)));
  bench.run_well({"restore-inpaint", "in", "--mask", "hole.png", "--prior", "tv", "-o", "out"});
  for (const auto& format : kFormats) BOOST_TEST_CONTEXT(name_of(format)) {
      check_filled(truth(format), read_raw(bench / "in" / name_of(format)),
                   read_raw(bench / "out" / name_of(format)));
    }
}

BOOST_AUTO_TEST_CASE(an_inverted_mask_is_the_same_hole) {
  const ToolBench bench;
  write_raw(bench / "hole.png", example_mask(kWidth, kHeight, is_hole));
  write_raw(bench / "keep.png",
            example_mask(kWidth, kHeight, [](int y, int x) { return !is_hole(y, x); }));
  write_raw(bench / "in.png", scratched(example_picture(kWidth, kHeight)));
  bench.run_well({"restore-inpaint", "in.png", "--mask", "hole.png", "-o", "out/a.png"});
  bench.run_well(
      {"restore-inpaint", "in.png", "--mask", "keep.png", "--mask-invert", "-o", "out/b.png"});
  BOOST_TEST((read_raw(bench / "out/a.png").samples == read_raw(bench / "out/b.png").samples));
  bench.check_refusal(
      {"restore-inpaint", "in.png", "--job", "in.json", "--mask-invert", "-o", "out/c.png"},
      ExitCode::usage, {"--job", "--mask-invert"});
}

// First in the folder of its own name; of two masks of a stem none is taken.
BOOST_AUTO_TEST_CASE(each_picture_has_the_mask_of_its_stem) {
  const ToolBench bench;
  std::filesystem::create_directories(bench / "in/sub");
  std::filesystem::create_directories(bench / "masks/sub");
  const auto hole = example_mask(kWidth, kHeight, is_hole);
  const auto corner = example_mask(kWidth, kHeight, [](int y, int x) { return y < 6 && x < 9; });
  for (const char* name : {"a.png", "b.png", "sub/a.png", "sub/b.png"})
    write_raw(bench / "in" / name, example_picture(kWidth, kHeight));
  write_raw(bench / "masks/a.tif", hole);
  write_raw(bench / "masks/b.png", hole);
  write_raw(bench / "masks/sub/a.png", corner);
  Words call{"restore-inpaint", "-r", "in", "--mask", "masks", "--prior", "tv", "-o", "out"};
  bench.run_well(call);
  const auto before = read_raw(bench / "in/a.png");
  const auto changed = [&](const char* name) {
    return changed_samples(before, read_raw(bench / "out" / name),
                           [](int y, int x, int) { return is_hole(y, x); });
  };
  for (const char* name : {"a.png", "b.png", "sub/b.png"}) BOOST_TEST(changed(name) > 0, name);
  BOOST_TEST(changed("sub/a.png") == 0);
  write_raw(bench / "masks/b.tif", hole);
  std::filesystem::remove(bench / "masks/a.tif");
  call.emplace_back("--overwrite");
  const auto result = bench.run(call);
  BOOST_TEST(result.exit_code == static_cast<int>(ExitCode::some_failed));
  for (const char* says :
       {"in/a.png: no mask named a.* in masks", "in/b.png: 2 masks named b.* in masks",
        "in/sub/b.png: 2 masks named b.* in masks"})
    BOOST_TEST(result.err.find(says) != std::string::npos, result.err);
}

// What was in the hole is unknown: it must not shine through.
BOOST_AUTO_TEST_CASE(the_fill_does_not_depend_on_what_was_there) {
  const ToolBench bench;
  write_raw(bench / "hole.png", example_mask(kWidth, kHeight, is_hole));
  write_raw(bench / "a.png", example_picture(kWidth, kHeight));
  write_raw(bench / "b.png", scratched(example_picture(kWidth, kHeight)));
  bench.run_well({"restore-inpaint", "a.png", "b.png", "--mask", "hole.png", "-o", "out"});
  BOOST_TEST((read_raw(bench / "out/a.png").samples == read_raw(bench / "out/b.png").samples));
}

// Nor does it make the picture one that was not black.
BOOST_AUTO_TEST_CASE(a_black_picture_stays_black) {
  const ToolBench bench;
  write_raw(bench / "hole.png", example_mask(kWidth, kHeight, is_hole));
  write_raw(bench / "a.png", make_raw(kWidth, kHeight, 3, SampleType::uint8,
                                      [](int y, int x, int) { return is_hole(y, x) ? 1.0 : 0.0; }));
  bench.run_well({"restore-inpaint", "a.png", "--mask", "hole.png", "--prior", "tv", "-o", "out"});
}

}  // namespace
}  // namespace restore::testing
