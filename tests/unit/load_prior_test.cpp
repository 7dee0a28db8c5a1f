// Every form in which a prior may come, and what its output means.
#include "priors/neural/checkpoint/load_prior.h"

#include <fstream>

#include <ATen/ATen.h>
#include <boost/test/unit_test.hpp>
#include <torch/types.h>

#include "librestore/core/error.h"
#include "librestore/model/random.h"
#include "priors/factory.h"
#include "priors/neural/architectures/ffdnet.h"
#include "priors/neural/architectures/unet2d.h"
#include "priors/neural/checkpoint/checkpoint_prior.h"
#include "priors/neural/checkpoint/discrete_diffusion.h"
#include "priors/neural/denoiser.h"
#include "priors/patch/mixture/mixture_file.h"
#include "tests/support/comparison.h"
#include "tests/support/made_tensors.h"
#include "tests/support/temporary_folder.h"

using namespace restore;
namespace fs = std::filesystem;

namespace {

const fs::path kFolder = fs::path(RESTORE_SOURCE_DIR) / "tests/data/checkpoint";

torch::Tensor picture(const std::vector<std::int64_t>& sizes) {
  return (0.5 + testing::made_uniform("x", sizes)).to(torch::kFloat32);
}

// The tensors of ffdnet-grey.pth.
NamedTensors ffdnet_weights() {
  return testing::made_weights(
      Ffdnet({.channels = 1, .width = 4, .convolutions = 3}).weight_shapes());
}

torch::Tensor expected(const torch::Tensor& x, double sigma) {
  Checkpoint checkpoint;
  checkpoint.tensors = ffdnet_weights();
  return CheckpointDenoiser(interpret_checkpoint(checkpoint), "memory").denoise(x, sigma);
}

void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

void check_refusal(const fs::path& path, const std::string& part) {
  BOOST_CHECK_EXCEPTION(load_prior(path, path), Error, [&](const Error& error) {
    BOOST_TEST_CONTEXT(error.what()) BOOST_TEST((error.code() == ExitCode::some_failed));
    return std::string(error.what()).find(part) != std::string::npos;
  });
}

}  // namespace

BOOST_AUTO_TEST_CASE(files_of_pytorch_through_the_factory) {
  const auto x = picture({1, 1, 12, 14});
  for (const auto* name : {"ffdnet-zip.pth", "ffdnet-legacy.pth"}) BOOST_TEST_CONTEXT(name) {
      const auto prior = make_prior(kFolder / name);
      BOOST_TEST(torch::equal(prior->denoise(x, 0.1), expected(x, 0.1)));
      BOOST_TEST(prior->name() == (kFolder / name).string());
      BOOST_TEST(prior->receptive_field().value() == 7);
      BOOST_TEST(prior->alignment() == 2);
    }
}

BOOST_AUTO_TEST_CASE(half_widths_compute_in_float32) {
  const testing::TemporaryFolder folder;
  const auto x = picture({1, 1, 12, 14});
  for (const auto type : {torch::kFloat16, torch::kBFloat16}) {
    TensorFile file;
    for (const auto& [name, tensor] : ffdnet_weights()) file.tensors[name] = tensor.to(type);
    const auto path = folder.path() / "half.safetensors";
    write_safetensors(file, path);
    const auto estimate = load_prior(path, "half")->denoise(x, 0.1);
    BOOST_TEST((estimate.scalar_type() == torch::kFloat32));
    // The weights are rounded to 8 and 11 bits, nothing else.
    BOOST_TEST(testing::relative_difference(estimate, expected(x, 0.1)) < 0.01);
  }
}

BOOST_AUTO_TEST_CASE(several_files_and_their_index) {
  const testing::TemporaryFolder folder;
  const auto weights = ffdnet_weights();
  TensorFile first, second;
  Json map;
  for (const auto& [name, tensor] : weights) {
    const bool early = name.find("model.0") == 0;
    (early ? first : second).tensors[name] = tensor;
    map[name] = early ? "a.safetensors" : "b.safetensors";
  }
  write_safetensors(first, folder.path() / "a.safetensors");
  write_safetensors(second, folder.path() / "b.safetensors");
  const auto index = folder.path() / "m.safetensors.index.json";
  const auto write_index = [&](const Json& weight_map) {
    write(index, Json{{"weight_map", weight_map}}.dump());
  };
  write_index(map);
  const auto x = picture({1, 1, 12, 14});
  BOOST_TEST(torch::equal(load_prior(index, "sharded")->denoise(x, 0.1), expected(x, 0.1)));

  auto wrong = map;
  wrong["model.0.bias"] = "b.safetensors";
  write_index(wrong);
  check_refusal(index, "'model.0.bias' of a.safetensors is not in the index");
  wrong["model.0.bias"] = "../a.safetensors";
  write_index(wrong);
  check_refusal(index, "not in a file beside the index");
  write_index({{"model.0.bias", "c.safetensors"}});
  check_refusal(index, "c.safetensors");
  write(index, "{}");
  check_refusal(index, "without a weight_map");
  write(index, "[");
  check_refusal(index, "not a JSON object");
}

BOOST_AUTO_TEST_CASE(a_folder_of_diffusers) {
  const testing::TemporaryFolder folder;
  const Json config = {{"_class_name", "UNet2DModel"},
                       {"sample_size", 8},
                       {"block_out_channels", {8, 8}},
                       {"down_block_types", {"DownBlock2D", "AttnDownBlock2D"}},
                       {"up_block_types", {"AttnUpBlock2D", "UpBlock2D"}},
                       {"layers_per_block", 1},
                       {"norm_num_groups", 4}};
  const WeightShapes none{{"conv_in.weight", {}}, {"down_blocks.0.resnets.0.conv1.weight", {}}};
  const auto shapes = infer_unet2d(none, config, "test")->weight_shapes();
  fs::create_directories(folder.path() / "unet");
  fs::create_directories(folder.path() / "scheduler");
  write(folder.path() / "unet/config.json", config.dump());
  write(folder.path() / "scheduler/scheduler_config.json",
        R"({"prediction_type": "v_prediction"})");
  check_refusal(folder.path(), "no diffusion_pytorch_model");
  write_safetensors({testing::made_weights(shapes), {}},
                    folder.path() / "unet/diffusion_pytorch_model.safetensors");

  const auto prior = make_prior(folder.path());
  const auto x = picture({1, 3, 8, 8});
  const auto estimate = prior->denoise(x, 0.3);
  for (const auto& same :
       {folder.path() / "unet", folder.path() / "unet/diffusion_pytorch_model.safetensors"})
    BOOST_TEST(torch::equal(make_prior(same)->denoise(x, 0.3), estimate));
  Checkpoint checkpoint;
  checkpoint.tensors = testing::made_weights(shapes);
  checkpoint.config = config;
  checkpoint.scheduler = {{"prediction_type", "epsilon"}};
  const CheckpointDenoiser other(interpret_checkpoint(checkpoint), "other");
  checkpoint.scheduler = {{"_class_name", "CMStochasticIterativeScheduler"}, {"sigma_max", 80}};
  BOOST_CHECK_EXCEPTION(interpret_checkpoint(checkpoint), Error, [](const Error& error) {
    return std::string(error.what()).find("CMStochasticIterativeScheduler") != std::string::npos;
  });
  BOOST_TEST(testing::relative_difference(other.denoise(x, 0.3), estimate) > 0.01);

  // Trained at 8 x 8: larger pictures go through windows, and the prior says so.
  BOOST_TEST(prior->remark(8, 8).empty());
  BOOST_TEST(prior->remark(8, 13).find("2 overlapping windows of 8 pixels") != std::string::npos);
  BOOST_TEST(
      (prior->denoise(picture({1, 3, 11, 13}), 0.3).sizes() == at::IntArrayRef{1, 3, 11, 13}));

  fs::remove(folder.path() / "unet/config.json");
  check_refusal(folder.path(), "no prior of diffusers");
}

BOOST_AUTO_TEST_CASE(a_converted_prior_is_the_same) {
  const testing::TemporaryFolder folder;
  Checkpoint checkpoint;
  checkpoint.where = "dncnn_25.pth";
  checkpoint.tensors = ffdnet_weights();
  checkpoint.metadata["license"] = "CC0-1.0";
  const auto prior = interpret_checkpoint(checkpoint, {{"sigma_range", {0.1, 0.2}}});
  BOOST_TEST(prior.parametrization->sigma_range().minimum == 0.1);
  const auto path = folder.path() / "converted.safetensors";
  write_checkpoint_prior(prior, path, torch::kFloat32);
  BOOST_TEST(!is_own_prior(path));
  const auto back = interpret_checkpoint(read_checkpoint(path));
  BOOST_TEST(back.about["licence"] == "CC0-1.0");
  BOOST_TEST(back.about["sha256"] == card_of(back, true)["sha256"]);
  BOOST_TEST(back.parametrization->config() == prior.parametrization->config());
  const auto x = picture({1, 1, 12, 14});
  const auto loaded = make_prior(path);
  BOOST_TEST(loaded->sigma_range().maximum == 0.2);
  BOOST_TEST(torch::equal(loaded->denoise(x, 0.15), expected(x, 0.15)));
  auto large = prior;
  large.weights.begin()->second = large.weights.begin()->second * 0 + 1e5;
  write_checkpoint_prior(large, folder.path() / "large.safetensors", torch::kBFloat16);
  BOOST_CHECK_THROW(
      write_checkpoint_prior(large, folder.path() / "infinite.safetensors", torch::kFloat16),
      Error);
  BOOST_TEST(!fs::exists(folder.path() / "infinite.safetensors"));
  // What is about it says nothing else of what it is.
  auto boasting = prior;
  const auto facts = card_of(prior, /*hash=*/true);
  for (const auto& [key, value] : facts.items()) {
    BOOST_TEST((is_card_fact(key) || key == "licence"), key);
    boasting.about[key] = "x";
  }
  boasting.about["kind"] = "patch-mixture";
  write_checkpoint_prior(boasting, path, torch::kFloat32);
  BOOST_TEST(!is_mixture(path));
  BOOST_TEST(make_prior(path)->sigma_range().maximum == 0.2);
  BOOST_TEST(card_of(boasting, true)["sha256"] == facts["sha256"]);
  // Its card may not contradict its tensors.
  auto file = read_safetensors(path);
  Json card = Json::parse(file.metadata["restore.prior"]);
  card["architecture"]["kind"] = "drunet";
  file.metadata["restore.prior"] = card.dump();
  write_safetensors(file, path);
  check_refusal(path, "the card says drunet, the tensors are those of ffdnet");
}

// FILE:TYPE is FILE with its convolutions in that type, for networks of restore-train alone.
BOOST_AUTO_TEST_CASE(the_number_type_of_an_own_network) {
  const testing::TemporaryFolder folder;
  PriorFile own;
  own.network = {.width = 16, .encoder = {1}, .middle = 1, .decoder = {1}, .embedding = 8};
  own.sigma = {0.01, 1};
  Rng rng(3);
  own.weights = initial_weights(own.network, rng);
  for (auto& [name, tensor] : own.weights)
    tensor.add_(0.1 * randn(rng, {1, 1, tensor.numel()}).view(tensor.sizes()));
  const std::string path = folder.path() / "own.safetensors";
  write_prior(own, path, torch::kFloat32);
  const auto x = picture({1, 3, 16, 16});
  const auto plain = make_prior(path)->denoise(x, 0.2);
  BOOST_TEST(torch::equal(make_prior(path + ":float32")->denoise(x, 0.2), plain));
  const auto half =
      load_network_prior(path, path, Precision::bfloat16);  // float32 where that is faster
  BOOST_TEST(torch::equal(make_prior(path + ":bfloat16")->denoise(x, 0.2), half->denoise(x, 0.2)));
  BOOST_TEST(make_prior(path + ":bfloat16")->name() == path + ":bfloat16");
  const auto usage = [](const Error& error) { return error.code() == ExitCode::usage; };
  BOOST_CHECK_EXCEPTION(make_prior(path + ":float16"), Error, usage);
  // What is about it says nothing else of what it is.
  const auto card = prior_card(own);
  for (const auto& [key, value] : card.items()) {
    BOOST_TEST(is_card_fact(key), key);
    own.about[key] = "x";
  }
  own.about["parametrization"] = "x";
  write_prior(own, path, torch::kFloat32);
  BOOST_TEST(is_own_prior(path));
  BOOST_TEST(torch::equal(make_prior(path)->denoise(x, 0.2), plain));
  const auto C = torch::eye(kPatchValues, torch::kFloat64).unsqueeze(0);
  write_mixture({{torch::ones({1}, torch::kFloat64), C}, {}}, path);
  BOOST_TEST(make_prior(path)->name() == "gmm:" + path);
  BOOST_CHECK_EXCEPTION(make_prior(path + ":bfloat16"), Error, usage);
  BOOST_CHECK_EXCEPTION(make_prior((kFolder / "denoiser.pt").string() + ":bfloat16"), Error, usage);
}

// D = (x + s upsampled(box3(box2(x)))) / (1 + s)
BOOST_AUTO_TEST_CASE(a_torchscript_program) {
  const auto path = kFolder / "denoiser.pt";
  const auto prior = std::dynamic_pointer_cast<const MmseDenoiser>(make_prior(path));
  BOOST_REQUIRE(prior != nullptr);
  BOOST_TEST(prior->alignment() == 2);
  BOOST_TEST(prior->receptive_field().value() == 3);
  BOOST_TEST(prior->sigma_range().minimum == 0.01);
  BOOST_TEST(prior->sigma_range().maximum == 2);
  const auto apply = [](const torch::Tensor& x, double s) {
    const auto mean = at::avg_pool2d(at::avg_pool2d(x, 2), 3, 1, 1);
    return (x + s * at::upsample_nearest2d(mean, {x.size(2), x.size(3)})) / (1 + s);
  };
  const auto x = picture({2, 1, 10, 12}), v = picture({2, 1, 10, 12}) - 0.5;
  for (int call = 0; call < 3; ++call)
    BOOST_TEST(testing::relative_difference(prior->denoise(x, 0.4), apply(x, 0.4)) < 1e-6);
  // It is linear: <v, D x> = <J^T v, x>.
  const auto linear = prior->linearize(x, 0.4);
  BOOST_TEST((linear.vjp(v) * x).sum().item<double>() == (v * linear.value).sum().item<double>(),
             boost::test_tools::tolerance(1e-4));
  BOOST_TEST(torch::equal(prior->denoise(x, 0), x));
  BOOST_TEST((prior->denoise(picture({1, 3, 9, 7}), 0.1).sizes() == at::IntArrayRef{1, 3, 9, 7}));
  // A program of another signature: Conv2d has no sigma.
  check_refusal(kFolder / "script.pt", "no forward(x, sigma)");
}

// F is what the exact denoiser of N(1/2, 1/16) would say in each parametrization; D must be that
// denoiser.
BOOST_AUTO_TEST_CASE(parametrizations_give_the_exact_denoiser) {
  const auto x = picture({1, 1, 4, 4}).to(torch::kFloat64);
  const auto exact = [](const torch::Tensor& noisy, double sigma) {
    return (sigma * sigma * 0.5 + noisy / 16) / (sigma * sigma + 1.0 / 16);
  };
  for (const double sigma : {0.02, 0.3, 7.0}) {
    const double s = 2 * sigma;
    // All with pixels y in [-1,1] and noise s.
    const auto y = 2 * x - 1, y0 = 2 * exact(x, sigma) - 1;
    const double alpha = 1 / std::sqrt(1 + s * s), sigma_t = s * alpha;
    const double total = s * s + 0.25;
    struct Case {
      Json config;
      double in;
      torch::Tensor f;
    };
    const std::vector<Case> cases{
        {{{"kind", "discrete"}, {"prediction_type", "epsilon"}}, alpha, (y - y0) / s},
        {{{"kind", "discrete"}, {"prediction_type", "sample"}}, alpha, y0},
        // v = alpha n - sigma x0, n = (y - y0) / s
        {{{"kind", "discrete"}, {"prediction_type", "v_prediction"}},
         alpha,
         alpha * (y - y0) / s - sigma_t * y0},
        {{{"kind", "edm"}},
         1 / std::sqrt(total),
         (y0 - 0.25 / total * y) * std::sqrt(total) / (s * 0.5)},
        {{{"kind", "edm"}, {"preconditioning", "vp"}}, alpha, (y - y0) / s},
        {{{"kind", "edm"}, {"preconditioning", "ve"}}, 1, (y0 - y) / s},
    };
    for (const auto& [config, in, f] : cases) BOOST_TEST_CONTEXT(config.dump() << sigma) {
        const auto D = make_parametrization(config, "test");
        const auto estimate = D->denoise(
            [&](const torch::Tensor& input, double) {
              BOOST_TEST(testing::relative_difference(input, in * y) < 1e-12);
              // More channels than a picture has: a learned variance.
              return at::cat({f, torch::full_like(f, 1e6)}, 1);
            },
            x, sigma);
        BOOST_TEST(testing::largest_difference(estimate, exact(x, sigma)) < 1e-12);
        // What the card says makes the same.
        BOOST_TEST(make_parametrization(D->config(), "test")->config() == D->config());
      }
  }
}

// Karras et al. 2022, table 1, c_noise; sigma on [-1,1] is twice ours, and beyond the range it is
// the range's end.
BOOST_AUTO_TEST_CASE(levels_are_told_as_in_table_1) {
  const auto told = [](const char* name, double sigma) {
    double level = 0;
    make_parametrization({{"kind", "edm"}, {"preconditioning", name}}, "test")
        ->denoise(
            [&](const torch::Tensor& input, double c_noise) {
              level = c_noise;
              return input;
            },
            torch::zeros({1, 1, 2, 2}, torch::kFloat64), sigma);
    return level;
  };
  const auto close = boost::test_tools::tolerance(1e-12);
  BOOST_TEST(told("edm", 0.3) == std::log(0.6) / 4, close);
  BOOST_TEST(told("edm", 100) == std::log(80.0) / 4, close);
  BOOST_TEST(told("edm", 1e-5) == std::log(0.002) / 4, close);
  BOOST_TEST(told("ve", 0.3) == std::log(0.3), close);
  BOOST_TEST(told("ve", 100) == std::log(50.0), close);
  // sigma(t) = sqrt(exp(19.9 t^2 / 2 + 0.1 t) - 1) is step 999 t
  for (const double t : {0.002, 0.03, 0.4, 1.0})
    BOOST_TEST(told("vp", std::sqrt(std::expm1(19.9 / 2 * t * t + 0.1 * t)) / 2) == 999 * t,
               boost::test_tools::tolerance(1e-9));
  BOOST_TEST(told("vp", 1e4) == 999, boost::test_tools::tolerance(1e-9));
}

// The step that a sigma is, where alpha_bar is the product of 1 - beta; with its end at 0 and its
// first step kept, alpha = sqrt(alpha_bar) is stretched: Lin, Liu, Li, Yang 2024, algorithm 1.
BOOST_AUTO_TEST_CASE(every_schedule_of_betas_is_the_published_one) {
  static constexpr int kT = 50;
  const auto check = [](Json config, const std::function<double(double)>& beta, bool rescaled) {
    std::vector<double> alphas;
    double squared = 1;
    for (int t = 0; t < kT; ++t) alphas.push_back(std::sqrt(squared *= 1 - beta(t / (kT - 1.0))));
    const double first = alphas.front(), last = alphas.back();
    if (rescaled)
      for (double& alpha : alphas) alpha = (alpha - last) * first / (first - last);
    config["num_train_timesteps"] = kT;
    config["rescale_betas_zero_snr"] = rescaled;
    const DiscreteDiffusion diffusion(config, "test");
    for (const int t : {0, 1, 7, 30, kT - 2}) {
      const double s = std::sqrt(1 / (alphas[t] * alphas[t]) - 1);
      BOOST_TEST(std::abs(diffusion.time_step(s) - t) < 1e-6, config.dump() << " at " << t);
    }
  };
  for (const bool rescaled : {false, true}) {
    check(
        {{"beta_schedule", "linear"}, {"beta_start", 0.001}, {"beta_end", 0.1}},
        [](double u) { return 0.001 + u * 0.099; }, rescaled);
    check(
        {{"beta_schedule", "scaled_linear"}, {"beta_start", 0.0025}, {"beta_end", 0.09}},
        [](double u) { return std::pow(0.05 + u * 0.25, 2); }, rescaled);
    check(
        {{"beta_schedule", "sigmoid"}, {"beta_start", 0.001}, {"beta_end", 0.1}},
        [](double u) { return 0.001 + 0.099 / (1 + std::exp(6 - 12 * u)); }, rescaled);
  }
}

BOOST_AUTO_TEST_CASE(time_steps_are_interpolated) {
  const DiscreteDiffusion linear({{"beta_schedule", "linear"}}, "test");
  double squared = 1;
  for (int t = 0; t < 1000; ++t) {
    squared *= 1 - (1e-4 + (0.02 - 1e-4) * t / 999);
    const double s = std::sqrt((1 - squared) / squared);
    if (t % 111 == 0) BOOST_TEST(linear.time_step(s) == t, boost::test_tools::tolerance(1e-9));
  }
  BOOST_TEST(linear.time_step(1e-6) == 0);
  BOOST_TEST(linear.time_step(1e6) == 999);
  double before = -1;
  for (double s = 0.011; s < 150; s *= 1.07) {
    BOOST_TEST(linear.time_step(s) > before);
    before = linear.time_step(s);
  }
  // Halfway in log s between two steps lies half a step.
  const double low = 2 * linear.sigma_range().minimum,
               next = std::sqrt(1 / (0.9999 * (1 - 1e-4 - 0.0199 / 999)) - 1);
  BOOST_TEST(linear.time_step(std::sqrt(low * next)) == 0.5, boost::test_tools::tolerance(1e-6));
  BOOST_TEST(linear.sigma_range().maximum == std::sqrt((1 - squared) / squared) / 2,
             boost::test_tools::tolerance(1e-9));
  for (const auto* bad :
       {R"({"beta_schedule":"no"})", R"({"beta_start":2})", R"({"prediction_type":"no"})",
        R"({"trained_betas":[0.1]})", R"({"num_train_timesteps":1})"})
    BOOST_CHECK_THROW(DiscreteDiffusion(Json::parse(bad), "test"), Error);
}

BOOST_AUTO_TEST_CASE(the_number_in_a_name_is_a_noise_level) {
  const auto range = [](const char* where) {
    Checkpoint checkpoint;
    checkpoint.where = where;
    for (const auto& [name, shape] : WeightShapes{{"model.0.weight", {4, 1, 3, 3}},
                                                  {"model.0.bias", {4}},
                                                  {"model.2.weight", {1, 4, 3, 3}},
                                                  {"model.2.bias", {1}}})
      checkpoint.tensors[name] = torch::zeros(shape);
    return interpret_checkpoint(checkpoint).parametrization->sigma_range();
  };
  BOOST_TEST(range("/a/dncnn_25.pth").minimum == 25.0 / 255);
  BOOST_TEST(range("/a/dncnn_25.pth").maximum == 25.0 / 255);
  BOOST_TEST(range("dncnn_gray_blind.pth").maximum == 55.0 / 255);
  for (const char* count : {"dncnn3.pth", "dncnn_v2.pth"})
    BOOST_TEST(range(count).maximum == 55.0 / 255, count);
  BOOST_TEST(range("dncnn_0.pth").minimum == 0);
}

// Manifests and --skip-existing know a prior by the contents of these.
BOOST_AUTO_TEST_CASE(the_files_that_decide_a_prior) {
  using Files = std::vector<fs::path>;
  const testing::TemporaryFolder folder;
  const auto at = [&](const char* name) { return folder.path() / name; };
  fs::create_directory(at("faces"));
  for (const auto* name : {"faces/b.png", "faces/a.png"}) write(at(name), "");
  const std::string faces = at("faces").string();
  for (const auto* kind : {"dataset:", "local:", "patches:", "equivariant:dataset:"})
    BOOST_TEST((prior_files(kind + faces) == Files{at("faces/a.png"), at("faces/b.png")}));
  const std::string weights = at("mine.safetensors").string();
  write(weights, "");
  write(at("mine.other"), "");
  for (const auto& name : {weights, weights + ":bfloat16", "bounded:" + weights, "gmm:" + weights})
    BOOST_TEST((prior_files(name) == Files{weights}));
  BOOST_TEST((prior_files("gmm:" + at("mine.other").string()) == Files{at("mine.other")}));
  BOOST_TEST(prior_files("equivariant:tv:0.5").empty());
  for (const auto* shipped : {"natural", "gmm", "anscombe:natural:bfloat16"}) {
    const auto files = prior_files(shipped);
    BOOST_REQUIRE(files.size() == 1);
    BOOST_TEST(fs::exists(files[0]));
  }
}
