// Somebody else's weights in the tools: --prior takes them, restore-prior shows, checks, converts
// and lists.
#include <fstream>

#include <boost/test/unit_test.hpp>

#include "librestore/core/json.h"
#include "priors/neural/architectures/unet2d.h"
#include "priors/neural/checkpoint/checkpoint_prior.h"
#include "tests/support/made_tensors.h"
#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

const std::string kFfdnet =
    std::string(RESTORE_SOURCE_DIR) + "/tests/data/checkpoint/ffdnet-zip.pth";

Words denoise(const std::string& prior, const std::string& output) {
  return {"restore-pnp", "photo.png", "--operator", "identity", "--solver", "denoise",
          "--noise",     "25/255",    "--prior",    prior,      "-o",       output};
}

// A UNet2DModel that was trained on 16 x 16 pixels.
void write_unet(const std::filesystem::path& folder) {
  const Json config = {{"_class_name", "UNet2DModel"},
                       {"sample_size", 16},
                       {"block_out_channels", {8, 8}},
                       {"down_block_types", {"DownBlock2D", "AttnDownBlock2D"}},
                       {"up_block_types", {"AttnUpBlock2D", "UpBlock2D"}},
                       {"layers_per_block", 1},
                       {"norm_num_groups", 4}};
  const WeightShapes none{{"conv_in.weight", {}}, {"down_blocks.0.resnets.0.conv1.weight", {}}};
  const auto shapes = infer_unet2d(none, config, "test")->weight_shapes();
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "config.json") << config.dump();
  write_safetensors({made_weights(shapes), {}}, folder / "diffusion_pytorch_model.safetensors");
}

BOOST_AUTO_TEST_CASE(a_checkpoint_restores) {
  const ToolBench bench;
  bench.run_well(denoise(kFfdnet, "out/a.png"));
  BOOST_TEST(read_bytes(bench / "out/a.png") != read_bytes(bench / "photo.png"));
  bench.run_well(
      {"restore-prior", "convert", kFfdnet, "-o", "ffdnet.safetensors", "--type", "float32"});
  bench.run_well(denoise("ffdnet.safetensors", "out/b.png"));
  const auto a = read_raw(bench / "out/a.png"), b = read_raw(bench / "out/b.png");
  BOOST_TEST((a.samples == b.samples));
}

// A program that was copied away from its data does what it can, and says so.
BOOST_AUTO_TEST_CASE(a_default_that_is_missing_is_told) {
  const ToolBench bench;
  std::filesystem::create_directory(bench / "bin");
  std::filesystem::copy(RESTORE_TOOL_DIR "/restore-pnp", bench / "bin/restore-pnp");
  const auto folder = bench.path().string();
  const auto result =
      run_process({folder + "/bin/restore-pnp", "photo.png", "--operator", "identity", "--noise",
                   "25/255", "-o", "x.png"},
                  {.environment = {"RESTORE_PRIOR_PATH=", "HOME=" + folder,
                                   "XDG_DATA_HOME=" + folder, "XDG_DATA_DIRS=" + folder},
                   .folder = bench.path()});
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(result.out.find("prior tv for want of natural.safetensors") != std::string::npos,
             result.out);
}

BOOST_AUTO_TEST_CASE(a_folder_of_pictures_restores) {
  const ToolBench bench;
  std::filesystem::create_directories(bench / "my/faces");
  std::filesystem::copy(bench / "photo.png", bench / "my/faces/one.png");
  for (const auto* kind : {"dataset", "local", "patches"}) {
    const auto output = std::string("out/") + kind + ".png";
    bench.run_well(denoise(std::string(kind) + ":my/faces", output));
    BOOST_TEST(std::filesystem::exists(bench / output));
  }
}

BOOST_AUTO_TEST_CASE(windows_are_told) {
  const ToolBench bench;
  write_unet(bench / "unet");
  const auto line = bench.run_well(denoise("./unet", "out/a.png")).out;
  // 48 x 40 pixels in windows of 16 that share 4 or more
  BOOST_TEST(line.find("in 12 overlapping windows of 16 pixels") != std::string::npos, line);
  const auto sample = bench.run_well({"restore-sample", "--prior", "./unet", "--size", "16x12",
                                      "--steps", "2", "-o", "out/samples"});
  BOOST_TEST(sample.out.find("windows") == std::string::npos, sample.out);
}

BOOST_AUTO_TEST_CASE(the_card_of_a_checkpoint) {
  const ToolBench bench;
  write_unet(bench / "unet");
  const auto card = Json::parse(bench.run_well({"restore-prior", "info", "./unet"}).out);
  BOOST_TEST(card["architecture"]["kind"] == "unet2d");
  BOOST_TEST(card["parametrization"]["prediction_type"] == "epsilon");
  BOOST_TEST(card["parametrization"]["beta_schedule"] == "linear");
  BOOST_TEST(card["parametrization"]["range"] == Json({-1, 1}));
  BOOST_TEST(card["receptive_field_px"] == "unbounded");
  BOOST_TEST(card["licence"] == "not stated");
  BOOST_TEST(card["parameters"].get<int>() > 1000);
  const auto script = std::string(RESTORE_SOURCE_DIR) + "/tests/data/checkpoint/denoiser.pt";
  BOOST_TEST(bench.run_well({"restore-prior", "info", script}).out.find("torchscript") !=
             std::string::npos);
  bench.run_well({"restore-prior", "verify", "./unet", kFfdnet, script});
}

BOOST_AUTO_TEST_CASE(shipped_priors_go_by_their_names) {
  const ToolBench bench;
  BOOST_TEST(bench.run_well({"restore-prior", "verify", "natural", "gmm"}).out.find(": ok") !=
             std::string::npos);
  const auto list = bench.run_well({"restore-prior", "list"}).out;
  BOOST_TEST(list.find("mixture") != std::string::npos, list);
  BOOST_TEST(list.find("cannot be used") == std::string::npos, list);
  bench.check_refusal({"restore-prior", "convert", "gmm", "-o", "a.safetensors"}, ExitCode::usage,
                      {"mixture"});
}

BOOST_AUTO_TEST_CASE(the_search_path_is_listed_and_found) {
  const ToolBench bench;
  std::ofstream(bench / "terms.json") << R"({"licence": "CC0-1.0"})";
  bench.run_well({"restore-prior", "convert", kFfdnet, "-o", "priors/mine.safetensors", "--about",
                  "terms.json", "--set", "sigma_range=[0.01,0.1]"});
  bench.run_well({"restore-prior", "convert", kFfdnet, "-o", "priors/tv.safetensors"});
  std::filesystem::copy_file(RESTORE_SOURCE_DIR "/data/priors/gmm.safetensors",
                             bench / "priors/mix.safetensors");
  write_unet(bench / "priors/faces");
  write_bytes(bench / "priors/broken.pth", "no");
  const ProcessOptions options{.environment = {"RESTORE_PRIOR_PATH=" + (bench / "priors").string()},
                               .folder = bench.path()};
  const auto list = run_restore({"restore-prior", "list"}, options);
  BOOST_TEST(list.exit_code == 0);
  BOOST_TEST(list.err == "");
  for (const auto* part : {"mine ", "ffdnet", "sigma 0.01 to 0.1", "CC0-1.0", "faces ", "unet2d",
                           "broken ", "cannot be used", "--prior tv is another"})
    BOOST_TEST(list.out.find(part) != std::string::npos, part << " in " << list.out);
  for (const std::string prior : {"mix:bfloat16", "priors/mix.safetensors:float32"})
    bench.check_refusal(denoise(prior, "out/a.png"), ExitCode::usage, {prior, "leave out :"},
                        options);
  BOOST_TEST(run_restore(denoise("mine", "out/a.png"), options).exit_code == 0);
  BOOST_TEST(run_restore(denoise("faces", "out/b.png"), options).exit_code == 0);
}

// The card says by how much the samples of a method lie too close together.
BOOST_AUTO_TEST_CASE(a_measured_deviation_is_scaled) {
  const ToolBench bench;
  const auto deviation = [&](const std::string& prior, const std::string& about) {
    std::ofstream(bench / "about.json") << about;
    bench.run_well({"restore-prior", "convert", kFfdnet, "-o", prior, "--about", "about.json"});
    bench.run_well({"restore-pnp", "photo.png", "--operator", "identity", "--noise", "25/255",
                    "--prior", prior, "--method", "diffpir", "--steps", "2", "--samples", "2",
                    "--uncertainty", prior + ".tif", "-o", prior + ".png"});
    return read_raw(bench / (prior + ".tif"));
  };
  const auto plain = deviation("plain.safetensors", R"({"deviation_scale": {"pigdm": 2}})");
  const auto scaled = deviation("scaled.safetensors", R"({"deviation_scale": {"diffpir": 3}})");
  double largest = 0;
  for (int y = 0; y < plain.height; ++y)
    for (int x = 0; x < plain.width; ++x) {
      const double once = plain.value(y, x, 0);
      // Two roundings of float32.
      BOOST_TEST(std::abs(scaled.value(y, x, 0) - 3 * once) <= 3 * once * 0x1p-23);
      largest = std::max(largest, once);
    }
  BOOST_TEST(largest > 0.001);
  for (const auto* about : {R"({"deviation_scale": {"pigdm": 0}})", R"({"deviation_scale": 2})"}) {
    std::ofstream(bench / "about.json") << about;
    bench.run_well({"restore-prior", "convert", kFfdnet, "-o", "wrong.safetensors", "--about",
                    "about.json", "--overwrite"});
    bench.check_refusal(denoise("wrong.safetensors", "out/a.png"), ExitCode::some_failed,
                        {"wrong.safetensors", "deviation_scale"});
  }
}

BOOST_AUTO_TEST_CASE(refusals) {
  const ToolBench bench;
  write_bytes(bench / "broken.pth", "no");
  bench.check_refusal(denoise("broken.pth", "out/a.png"), ExitCode::some_failed, {"broken.pth"});
  bench.check_refusal(denoise("nowhere.pth", "out/a.png"), ExitCode::usage, {"nowhere.pth"});
  bench.check_refusal({"restore-prior", "info", "nowhere.pth"}, ExitCode::some_failed,
                      {"nowhere.pth"});
  for (const std::string command : {"info", "verify"}) {
    const auto both = bench.run({"restore-prior", command, "broken.pth", kFfdnet});
    BOOST_TEST(both.exit_code == static_cast<int>(ExitCode::some_failed));
    BOOST_TEST(lines_of(both.err).size() == 1U, both.err);
    BOOST_TEST(both.out.find(kFfdnet) != std::string::npos, both.out);
  }
  bench.check_refusal({"restore-prior", "convert", kFfdnet, "-o", "a.safetensors", "--set", "b=1"},
                      ExitCode::usage, {"'b'", "beta_schedule"});
  bench.check_refusal({"restore-prior", "convert", kFfdnet, "-o", "a.pth"}, ExitCode::usage,
                      {".safetensors"});
  bench.check_refusal({"restore-prior", "convert", kFfdnet, "-o", "broken.pth/a.safetensors"},
                      ExitCode::some_failed, {"broken.pth"});
  for (const std::string key : {"kind", "sha256", "architecture", "parametrization"}) {
    std::ofstream(bench / "about.json") << Json{{"licence", "CC0-1.0"}, {key, "x"}};
    bench.check_refusal(
        {"restore-prior", "convert", kFfdnet, "-o", "new/a.safetensors", "--about", "about.json"},
        ExitCode::usage, {"about.json", "'" + key + "'"});
  }
}

}  // namespace
}  // namespace restore::testing
