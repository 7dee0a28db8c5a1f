// Networks of others give the numbers that their reference implementations gave: files that
// scripts/check_checkpoints.py wrote, each with the names and shapes of a state dict, D(x, sigma)
// and J^T v.
#include <fstream>

#include <boost/test/unit_test.hpp>
#include <torch/types.h>

#include "librestore/core/error.h"
#include "priors/neural/architectures/adm.h"
#include "priors/neural/architectures/drunet.h"
#include "priors/neural/architectures/edm_unet.h"
#include "priors/neural/architectures/ffdnet.h"
#include "priors/neural/architectures/plain_cnn.h"
#include "priors/neural/architectures/unet2d.h"
#include "priors/neural/checkpoint/checkpoint_prior.h"
#include "tests/support/comparison.h"
#include "tests/support/denoiser_laws.h"
#include "tests/support/made_tensors.h"

using namespace restore;

namespace {

const std::filesystem::path kFolder =
    std::filesystem::path(RESTORE_SOURCE_DIR) / "tests/data/checkpoint";

struct Golden {
  Checkpoint checkpoint;
  Json set;
  double sigma;
  torch::Tensor estimate, pullback;
};

Golden read_golden(const std::string& name) {
  const auto file = read_safetensors(kFolder / ("golden-" + name + ".safetensors"));
  const auto said = [&](const char* key) {
    const auto found = file.metadata.find(key);
    return found == file.metadata.end() ? Json::object() : Json::parse(found->second);
  };
  Golden golden;
  golden.checkpoint.where = name;
  golden.checkpoint.tensors = testing::made_weights(said("shapes").get<WeightShapes>());
  golden.checkpoint.config = said("config");
  golden.checkpoint.scheduler = said("scheduler");
  golden.set = said("set");
  golden.sigma = said("sigma");
  golden.estimate = file.tensors.at("estimate");
  golden.pullback = file.tensors.at("pullback");
  return golden;
}

CheckpointDenoiser denoiser_of(const Golden& golden) {
  return {interpret_checkpoint(golden.checkpoint, golden.set), "golden"};
}

torch::Tensor picture(const std::string& name, at::IntArrayRef sizes, torch::ScalarType type) {
  return testing::made_uniform(name, sizes.vec()).to(torch::kFloat32).to(type);
}

const std::vector<std::string> kNames{
    "drunet-grey", "drunet-colour",  "dncnn",          "fdncnn",      "ircnn",
    "ircnn-25",    "ffdnet-grey",    "ffdnet-colour",  "adm",         "adm-variant",
    "unet2d-ddpm", "unet2d-variant", "unet2d-fourier", "song-ddpmpp", "song-ncsnpp",
    "dhariwal"};

std::int64_t count(const WeightShapes& shapes) {
  std::int64_t total = 0;
  for (const auto& [name, shape] : shapes) {
    std::int64_t product = 1;
    for (const auto n : shape) product *= n;
    total += product;
  }
  return total;
}

}  // namespace

// 1e-4 is what is promised. Two float32 implementations of one network differ by some 1e-6:
// rounding, and the references' schedules in float32.
BOOST_AUTO_TEST_CASE(the_references_numbers) {
  for (const auto& name : kNames) BOOST_TEST_CONTEXT(name) {
      const auto golden = read_golden(name);
      const auto denoiser = denoiser_of(golden);
      const auto sizes = golden.estimate.sizes();
      const auto x = 0.5 + picture("x", sizes, torch::kFloat32);
      const auto v = picture("v", sizes, torch::kFloat32);
      const auto linear = denoiser.linearize(x, golden.sigma);
      const double value = testing::relative_difference(linear.value, golden.estimate);
      const double pullback = testing::relative_difference(linear.vjp(v), golden.pullback);
      BOOST_TEST_MESSAGE(name << ": estimate " << value << ", pullback " << pullback);
      BOOST_TEST(value < 1e-5);
      BOOST_TEST(pullback < 5e-5);
      BOOST_TEST(testing::relative_difference(denoiser.denoise(x, golden.sigma), golden.estimate) <
                 1e-5);
    }
}

// What their authors trained them for, in 255ths.
BOOST_AUTO_TEST_CASE(published_ranges) {
  for (const auto& [name, minimum, maximum] : {std::tuple{"drunet-colour", 0, 50},
                                               {"dncnn", 0, 55},
                                               {"fdncnn", 0, 75},
                                               {"ircnn-25", 2, 50},
                                               {"ffdnet-grey", 0, 75}}) {
    const auto golden = read_golden(name);
    const auto range =
        interpret_checkpoint(golden.checkpoint, golden.set).parametrization->sigma_range();
    BOOST_TEST(range.minimum == minimum / 255.0, name);
    BOOST_TEST(range.maximum == maximum / 255.0, name);
  }
}

// The same in float64, where other operations of libtorch compute it.
BOOST_AUTO_TEST_CASE(float64_agrees) {
  for (const auto& name : {"drunet-colour", "adm", "unet2d-variant", "song-ncsnpp", "dhariwal"})
    BOOST_TEST_CONTEXT(name) {
      const auto golden = read_golden(name);
      const auto denoiser = denoiser_of(golden);
      const auto x = 0.5 + picture("x", golden.estimate.sizes(), torch::kFloat64);
      const auto v = picture("v", golden.estimate.sizes(), torch::kFloat64);
      const auto linear = denoiser.linearize(x, golden.sigma);
      BOOST_TEST((linear.value.scalar_type() == torch::kFloat64));
      BOOST_TEST(testing::relative_difference(linear.value, golden.estimate) < 1e-5);
      BOOST_TEST(testing::relative_difference(linear.vjp(v), golden.pullback) < 5e-5);
    }
}

// METHODS of their papers and the authors' files: tensors and parameters, counted without
// allocating.
BOOST_AUTO_TEST_CASE(full_sizes) {
  const auto is = [](const Architecture& architecture, std::size_t tensors,
                     std::int64_t parameters) {
    const auto shapes = architecture.weight_shapes();
    BOOST_TEST_CONTEXT(architecture.name()) {
      if (tensors > 0) BOOST_TEST(shapes.size() == tensors);
      BOOST_TEST(count(shapes) == parameters);
    }
  };
  is(Adm(AdmConfig::ffhq_256()), 362, 93'563'910);
  is(Adm(AdmConfig::imagenet_256()), 566, 552'814'086);
  is(EdmUnet(EdmUnetConfig::ffhq_64_ddpmpp()), 553, 61'805'619);
  is(EdmUnet(EdmUnetConfig::imagenet_64_adm()), 553, 295'899'315);
  is(Drunet({.channels = 1}), 64, 32'638'656);
  is(Drunet({.channels = 3}), 64, 32'640'960);
  is(PlainCnn({.channels = 1, .convolutions = 17}), 34, 555'137);
  is(PlainCnn({.channels = 3, .convolutions = 20}), 40, 668'227);
  is(PlainCnn({.kind = PlainCnnKind::ircnn, .channels = 3, .convolutions = 7}), 14, 188'163);
  std::ifstream stream(kFolder / "unet2d-parameters.json");
  const Json networks = Json::parse(stream);
  for (const auto& [name, full] : networks.items()) BOOST_TEST_CONTEXT(name) {
      const WeightShapes none{{"conv_in.weight", {}}, {"down_blocks.0.resnets.0.conv1.weight", {}}};
      is(*infer_unet2d(none, full["config"], name), 0, full["parameters"]);
    }
}

// The full-size networks are recognised from their shapes alone.
BOOST_AUTO_TEST_CASE(shapes_tell_the_architecture) {
  const auto same = [](const Architecture& architecture, InferArchitecture* infer) {
    const auto inferred = infer(architecture.weight_shapes(), Json::object(), "test");
    BOOST_REQUIRE(inferred != nullptr);
    BOOST_TEST(inferred->name() == architecture.name());
    BOOST_TEST(inferred->config() == architecture.config());
    BOOST_TEST((inferred->weight_shapes() == architecture.weight_shapes()));
  };
  same(Adm(AdmConfig::ffhq_256()), infer_adm);
  same(Adm(AdmConfig::imagenet_256()), infer_adm);
  same(EdmUnet(EdmUnetConfig::ffhq_64_ddpmpp()), infer_edm_unet);
  same(EdmUnet(EdmUnetConfig::imagenet_64_adm()), infer_edm_unet);
  same(Drunet({}), infer_drunet);
  same(Ffdnet({}), infer_ffdnet);
  same(Ffdnet({.channels = 1, .width = 64, .convolutions = 15}), infer_ffdnet);
  same(PlainCnn({}), infer_plain_cnn);
  same(PlainCnn({.kind = PlainCnnKind::fdncnn, .channels = 3, .convolutions = 20}),
       infer_plain_cnn);
  same(PlainCnn({.kind = PlainCnnKind::ircnn, .convolutions = 7, .networks = 25}), infer_plain_cnn);
  // FDnCNN and FFDNet have the same names: the numbers of channels keep them apart.
  BOOST_TEST((infer_plain_cnn(Ffdnet({}).weight_shapes(), Json::object(), "test") == nullptr));
  BOOST_TEST((infer_ffdnet(PlainCnn({.kind = PlainCnnKind::fdncnn}).weight_shapes(), Json::object(),
                           "test") == nullptr));
}

BOOST_AUTO_TEST_CASE(the_first_tensor_that_differs_is_named) {
  const auto says = [](const Golden& golden, const std::string& part) {
    BOOST_CHECK_EXCEPTION(interpret_checkpoint(golden.checkpoint, golden.set), Error,
                          [&](const Error& error) {
                            BOOST_TEST_MESSAGE(error.what());
                            return std::string(error.what()).find(part) != std::string::npos;
                          });
  };
  auto golden = read_golden("adm");
  auto& tensors = golden.checkpoint.tensors;
  tensors.erase("middle_block.1.qkv.bias");
  says(golden, "'middle_block.1.qkv.bias' is missing");
  golden = read_golden("adm");
  tensors["out.0.bias"] = torch::zeros({7});
  says(golden, "'out.0.bias' has the wrong shape for this architecture: [7], not [32]");
  golden = read_golden("adm");
  tensors["extra.weight"] = torch::zeros({7});
  says(golden, "'extra.weight' does not belong");
  golden = read_golden("adm-variant");
  golden.set.erase("class");
  says(golden, "a network for classes");
  golden.set["class"] = 5;
  says(golden, "no class 5");
  golden.set["nonsense"] = 5;
  says(golden, "'nonsense'");
  golden = read_golden("unet2d-ddpm");
  golden.checkpoint.config = Json::object();
  says(golden, "config.json");
  golden = read_golden("unet2d-ddpm");
  golden.checkpoint.config["layers_per_block"] = 3;
  says(golden, "'down_blocks.0.resnets.2.conv1.bias' is missing");
  golden.checkpoint.config["down_block_types"][0] = "SkipDownBlock2D";
  says(golden, "SkipDownBlock2D");
  golden.checkpoint.config["_class_name"] = "UNet2DConditionModel";
  says(golden, "UNet2DConditionModel");
  golden = read_golden("unet2d-ddpm");
  golden.checkpoint.scheduler["beta_schedule"] = "strange";
  says(golden, "'strange'");
  golden.checkpoint.tensors = {{"transformer.weight", torch::zeros({1})}};
  golden.checkpoint.config = Json::object();
  says(golden, "no architecture that is known");
}

BOOST_AUTO_TEST_CASE(older_names_and_wrappers) {
  const auto golden = read_golden("unet2d-ddpm");
  auto older = golden;
  older.checkpoint.tensors.clear();
  for (const auto& [present, tensor] : golden.checkpoint.tensors) {
    auto name = present;
    for (const auto& [current, old] :
         std::vector<std::pair<std::string, std::string>>{{".to_q.", ".query."},
                                                          {".to_k.", ".key."},
                                                          {".to_v.", ".value."},
                                                          {".to_out.0.", ".proj_attn."}})
      if (const auto at = name.find(current); at != std::string::npos)
        name.replace(at, current.size(), old);
    older.checkpoint.tensors[name] = tensor;
  }
  const auto x = 0.5 + picture("x", golden.estimate.sizes(), torch::kFloat32);
  BOOST_TEST(torch::equal(denoiser_of(older).denoise(x, 0.2), denoiser_of(golden).denoise(x, 0.2)));

  const auto adm = read_golden("adm");
  auto wrapped = adm;
  wrapped.checkpoint.tensors.clear();
  for (const auto& [name, tensor] : adm.checkpoint.tensors)
    wrapped.checkpoint.tensors["model." + name] = tensor;
  BOOST_TEST(torch::equal(denoiser_of(wrapped).denoise(x, 0.2), denoiser_of(adm).denoise(x, 0.2)));
}

BOOST_AUTO_TEST_CASE(laws) {
  for (const auto& name : {"drunet-colour", "ffdnet-grey", "dncnn", "ircnn", "adm", "unet2d-ddpm"})
    BOOST_TEST_CONTEXT(name) {
      const auto denoiser = denoiser_of(read_golden(name));
      testing::check_shape_and_type(denoiser);
      testing::check_identity_without_noise(denoiser);
      testing::check_batch(denoiser);
      if (denoiser.receptive_field()) testing::check_receptive_field(denoiser);
    }
}

// A network that predicts the noise leaves the picture alone where there is none.
BOOST_AUTO_TEST_CASE(D_tends_to_the_identity) {
  for (const auto& name : {"adm", "unet2d-variant", "dhariwal"}) {
    const auto denoiser = denoiser_of(read_golden(name));
    const auto x = 0.5 + picture("x", {1, 3, 16, 16}, torch::kFloat64);
    for (const double sigma : {1e-4, 1e-6})
      BOOST_TEST(testing::largest_difference(denoiser.denoise(x, sigma), x) < 100 * sigma);
  }
}

BOOST_AUTO_TEST_CASE(grey_on_colour_and_colour_on_grey) {
  const auto grey = 0.5 + picture("x", {2, 1, 16, 24}, torch::kFloat32);
  const auto adm = denoiser_of(read_golden("adm"));
  const auto colour = grey.expand({2, 3, 16, 24}).contiguous();
  BOOST_TEST(testing::relative_difference(adm.denoise(grey, 0.2),
                                          adm.denoise(colour, std::sqrt(3.0) * 0.2).mean(1, true)) <
             1e-6);
  const auto drunet = denoiser_of(read_golden("drunet-grey"));
  const auto x = 0.5 + picture("x", {2, 3, 16, 24}, torch::kFloat32);
  const auto y = drunet.denoise(x, 0.2);
  for (int c = 0; c < 3; ++c)
    BOOST_TEST(testing::relative_difference(y.narrow(1, c, 1),
                                            drunet.denoise(x.narrow(1, c, 1), 0.2)) < 1e-5);
}
