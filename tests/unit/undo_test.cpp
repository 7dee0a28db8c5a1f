// How a picture is undone: what is asked of its degradation, what is read besides it, what its file
// tells.
#include "tools/batch/undo.h"

#include <fstream>

#include <boost/test/unit_test.hpp>

#include "librestore/image/image_io.h"
#include "librestore/model/random.h"
#include "tests/support/temporary_folder.h"

using namespace restore;
using testing::TemporaryFolder;

namespace {

Image noise_picture(const Shape& shape, std::uint64_t seed = 1) {
  Rng rng(seed);
  return {.colour = rand(rng, shape, 1), .alpha = {}, .metadata = {}};
}

UndoRun run_on(const TemporaryFolder& folder, const std::string& input) {
  UndoRun run{.tool = "restore-pnp", .batch = {}, .method = {}};
  run.batch.inputs = {folder / input};
  run.batch.output = folder / "x.tif";
  run.batch.overwrite = run.batch.quiet = true;
  run.method.prior = "wavelet";
  run.method.noise = "0.05";
  run.method.steps = 1;
  run.trace = folder / "trace.json";
  return run;
}

// The record of the last part.
Json record_of(const UndoRun& run) {
  BOOST_TEST_REQUIRE((run_undo(run) == ExitCode::ok));
  return Json::parse(std::ifstream(run.trace))["pictures"].back()["result"];
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_picture_in_parts_is_asked_for_once) {
  const TemporaryFolder folder;
  save_image(noise_picture({3, 410, 560}), folder / "y.tif");
  auto run = run_on(folder, "y.tif");
  run.batch.max_memory = std::int64_t{380} << 20;  // as in parts_test
  run.method.noise = "auto";
  int asked = 0;
  run.degradation = [&](const Item&) {
    ++asked;
    return Degradation{"identity", {}};
  };
  record_of(run);
  BOOST_TEST(Json::parse(std::ifstream(run.trace))["pictures"].size() > 1);
  BOOST_TEST(asked == 1);
}

BOOST_AUTO_TEST_CASE(no_picture_beside_it_is_larger_than_allowed) {
  const TemporaryFolder folder;
  save_image(noise_picture({1, 20, 20}), folder / "y.tif");
  save_image(noise_picture({1, 40, 40}), folder / "scene.tif");
  auto run = run_on(folder, "y.tif");
  run.degradation = [&](const Item&) {
    Degradation degradation{"downsample(2)", {}, Shape{1, 40, 40}};
    degradation.reference = folder / "scene.tif";
    return degradation;
  };
  BOOST_TEST(record_of(run).contains("psnr"));
  run.batch.max_pixels = 1000;
  const auto record = record_of(run);
  BOOST_TEST(!record.contains("psnr"));
  BOOST_TEST(record.value("remark", "").find("no PSNR") != std::string::npos);

  // Frames of 30, 20 and 40 rows.
  save_image(noise_picture({1, 30, 20}), folder / "y.tif");
  save_image(noise_picture({1, 20, 20}), folder / "small.tif");
  save_image(noise_picture({1, 40, 20}), folder / "large.tif");
  run.frames = {folder / "small.tif", folder / "large.tif"};
  run.degradation = [](const Item&) {
    return Degradation{"[hadamard(0.75) ; hadamard(0.5) ; identity]", {}, Shape{1, 40, 20}};
  };
  BOOST_TEST((run_undo(run) == ExitCode::ok));
  run.batch.max_pixels = 700;
  BOOST_TEST((run_undo(run) == ExitCode::some_failed));
}

// Compression hides noise from an estimate, which is then taken for no less than 2/255; else for no
// less than half a step.
BOOST_AUTO_TEST_CASE(a_file_tells_whether_it_was_compressed_with_loss) {
  const TemporaryFolder folder;
  auto smooth = noise_picture({3, 96, 96});
  smooth.colour = torch::linspace(0.2, 0.8, 96).expand_as(smooth.colour).contiguous();
  for (const char* name : {"a.png", "a.jpg"}) save_image(smooth, folder / name);
  // What was lossy becomes a lossy file again.
  save_image(load_image(folder / "a.png"), folder / "lossless.webp");
  save_image(load_image(folder / "a.jpg"), folder / "lossy.webp");
  std::filesystem::copy_file(folder / "a.jpg", folder / "a.jpe");
  const auto sigma = [&](const char* name) {
    auto run = run_on(folder, name);
    run.method.noise = "auto";
    run.degradation = [](const Item&) { return Degradation{"identity", {}}; };
    return record_of(run).at("sigma").get<double>() * 255;
  };
  for (const char* name : {"a.png", "lossless.webp"}) BOOST_TEST(sigma(name) < 1, name);
  for (const char* name : {"a.jpg", "a.jpe", "lossy.webp"}) BOOST_TEST(sigma(name) == 2, name);
}
