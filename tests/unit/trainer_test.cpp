// The trainer: photographs in memory, exact resumption, and that it learns at all.
#include <cmath>
#include <fstream>
#include <numbers>

#include <boost/test/unit_test.hpp>
#include <torch/types.h>

#include "librestore/core/error.h"
#include "librestore/core/interrupt.h"
#include "librestore/image/image_io.h"
#include "librestore/model/random.h"
#include "priors/neural/denoiser.h"
#include "priors/neural/muon.h"
#include "priors/neural/training_session.h"
#include "tests/support/temporary_folder.h"

using namespace restore;

namespace {

const NetworkConfig kTiny{.width = 16, .encoder = {1}, .middle = 1, .decoder = {1}, .embedding = 8};

// Stripes and squares of random colours: something to learn from.
void write_photos(const std::filesystem::path& folder, int count) {
  for (int i = 0; i < count; ++i) {
    Rng rng(i);
    Image image;
    image.colour = torch::empty({1, 3, 96, 128});
    for (int c = 0; c < 3; ++c) image.colour[0][c].fill_(rng.uniform());
    for (int k = 0; k < 12; ++k) {
      const auto y = static_cast<std::int64_t>(rng.below(72)),
                 x = static_cast<std::int64_t>(rng.below(104));
      for (int c = 0; c < 3; ++c)
        image.colour[0][c].narrow(0, y, 24).narrow(1, x, 24).fill_(rng.uniform());
    }
    save_image(image, folder / fmt::format("photo{}.png", i));
  }
}

struct Fixture {
  testing::TemporaryFolder folder;
  PhotoPool photos = make_photos();
  TrainOptions options;

  Fixture() {
    options.steps = 40;
    options.warm_up = 10;
    options.crop = 32;
    options.micro_batches = 2;
    options.threads = 2;
  }
  PhotoPool make_photos() {
    const auto pictures = folder.path() / "photos";
    std::filesystem::create_directory(pictures);
    write_photos(pictures, 12);
    return PhotoPool(pictures, {.held_out = 0.5});
  }
  TrainingState run(TrainingState state, int steps) const {
    Trainer trainer(photos, options, std::move(state));
    for (int i = 0; i < steps; ++i) trainer.step();
    return trainer.state();
  }
};

void check_equal(const NamedTensors& a, const NamedTensors& b) {
  BOOST_REQUIRE(a.size() == b.size());
  for (const auto& [name, tensor] : a)
    BOOST_TEST_CONTEXT(name) BOOST_TEST(torch::equal(tensor, b.at(name)));
}

void check_equal(const TrainingState& a, const TrainingState& b) {
  BOOST_TEST(a.step == b.step);
  check_equal(a.weights, b.weights);
  check_equal(a.average, b.average);
  check_equal(a.mean, b.mean);
  check_equal(a.square, b.square);
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(twenty_and_twenty_steps_are_forty, Fixture) {
  const auto whole = run(new_training_state(kTiny, 3), 40);
  const auto file = folder.path() / "run.state";
  save_training_state(run(new_training_state(kTiny, 3), 20), file);
  check_equal(run(load_training_state(file), 20), whole);
}

BOOST_FIXTURE_TEST_CASE(threads_do_not_change_the_result, Fixture) {
  const auto two = run(new_training_state(kTiny, 3), 5);
  options.threads = 1;
  check_equal(run(new_training_state(kTiny, 3), 5), two);
}

BOOST_FIXTURE_TEST_CASE(training_denoises_what_it_has_not_seen, Fixture) {
  options.steps = 200;
  const auto state = run(new_training_state(kTiny, 3), 200);
  const auto clean = photos.held_out_crops(64);
  BOOST_REQUIRE(clean.size(0) > 0);
  // Without training D is c_skip (x - 1/2) + 1/2, the best linear shrinkage at this level.
  const double sigma = 50.0 / 255;
  const HeldOutMeasure before(kTiny, new_training_state(kTiny, 3).average, clean, true);
  const HeldOutMeasure after(kTiny, state.average, clean, true);
  BOOST_TEST(after.psnr(sigma) > before.psnr(sigma) + 3);
  BOOST_TEST(after.loss().mean() < before.loss().mean());
}

// F = 0 gives D = 1/2 + c_skip (x - 1/2), whose loss has the expectation
//   s^2 m / (s_d^2 (s^2 + s_d^2)) + s_d^2 / (s^2 + s_d^2),   m = mean (x0 - 1/2)^2.
BOOST_FIXTURE_TEST_CASE(the_loss_of_no_network_is_known, Fixture) {
  const auto clean = photos.held_out_crops(64);
  const auto loss =
      HeldOutMeasure(kTiny, new_training_state(kTiny, 3).average, clean, false).loss();
  const double m = (clean - 0.5).square().mean().item<double>(), variance = 0.25 * 0.25;
  const std::array ends = {0.002, 0.01, 0.03, 0.1, 0.3, 1.0, 50.0};
  for (std::size_t b = 0; b < kBands; ++b) {
    double expected = 0;
    for (const double u : {0.25, 0.75}) {
      const double s2 = std::pow(ends[b] * std::pow(ends[b + 1] / ends[b], u), 2);
      expected += 0.5 * (s2 * m / variance + variance) / (s2 + variance);
    }
    // A mean of squares of n normal numbers deviates by sqrt(2 / n); four times that, and the same
    // again for the product of noise and picture.
    const double tolerance = 8 * std::sqrt(2.0 / static_cast<double>(clean.numel()));
    BOOST_TEST_CONTEXT("band " << b)
    BOOST_TEST(loss.mean(b) == expected, boost::test_tools::tolerance(tolerance));
  }
}

// The matrices of 3x3 kernels go to Muon too; nothing is left to a bias where there is none.
BOOST_FIXTURE_TEST_CASE(residual_blocks_train_and_resume, Fixture) {
  auto network = kTiny;
  network.block = {BlockKind::residual, false};
  const auto whole = run(new_training_state(network, 3), 4);
  check_equal(run(run(new_training_state(network, 3), 2), 2), whole);
  BOOST_TEST(whole.weights.count("middle.0.first.bias") == 0u);
  BOOST_TEST(!torch::equal(whole.weights.at("middle.0.first.weight"),
                           new_training_state(network, 3).weights.at("middle.0.first.weight")));
}

BOOST_FIXTURE_TEST_CASE(adam_alone_resumes_too, Fixture) {
  options.muon = false;
  const auto whole = run(new_training_state(kTiny, 3), 4);
  check_equal(run(run(new_training_state(kTiny, 3), 2), 2), whole);
  options.muon = true;
  BOOST_TEST(!torch::equal(run(new_training_state(kTiny, 3), 4).weights.at("middle.0.mix.weight"),
                           whole.weights.at("middle.0.mix.weight")));
}

// Up over the warm-up and down half a cosine; crops of 32, 48 and 64 pixels, two times 64 x 64 x 16
// pixels of them.
BOOST_FIXTURE_TEST_CASE(rate_and_crops_follow_the_run, Fixture) {
  options.learning_rate = 2e-3;
  options.final_rate = 0.1;
  for (const auto& [step, crops] :
       {std::pair{0, 128}, {4, 128}, {23, 128}, {24, 56}, {33, 56}, {34, 32}, {39, 32}}) {
    auto state = new_training_state(kTiny, 3);
    state.step = step;
    const auto result = Trainer(photos, options, std::move(state)).step();
    const double cosine = 0.5 * (1 + std::cos(std::numbers::pi * step / 40));
    const double rate = 2e-3 * std::min(1.0, (step + 1) / 10.0) * (0.1 + 0.9 * cosine);
    BOOST_TEST(result.learning_rate == rate, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(result.crops == crops);
  }
}

// Adam's first step is the rate along every slope, whatever the gradient was clipped to, and its
// mean a tenth of that; of the average 2/11 is left then, and 3/12 after the second.
BOOST_FIXTURE_TEST_CASE(the_first_steps_are_known, Fixture) {
  options.muon = false;
  options.clip = 0.01;
  auto before = new_training_state(kTiny, 3);
  Trainer trainer(photos, options, new_training_state(kTiny, 3));
  for (const double kept : {2.0 / 11, 3.0 / 12}) {
    const auto result = trainer.step();
    const auto& after = trainer.state();
    double squares = 0, farthest = 0;
    for (const auto& [name, weights] : after.weights) {
      const auto average = kept * before.average.at(name) + (1 - kept) * weights;
      BOOST_TEST((after.average.at(name) - average).abs().max().item<double>() < 1e-6, name);
      squares += after.mean.at(name).square().sum().item<double>();
      farthest = std::max(farthest, (weights - before.weights.at(name)).abs().max().item<double>());
    }
    if (after.step == 1) {
      BOOST_TEST(result.gradient_norm > options.clip);
      BOOST_TEST(std::sqrt(squares) == 0.1 * options.clip, boost::test_tools::tolerance(1e-4));
      // 1e-8 in the denominator, beside the largest slope's 1e-4 or more.
      BOOST_TEST(farthest == result.learning_rate, boost::test_tools::tolerance(1e-3));
    }
    // Weights are updated in place.
    for (auto* tensors : {&before.weights, &before.average})
      for (auto& [name, tensor] : *tensors)
        tensor = (tensors == &before.weights ? after.weights : after.average).at(name).clone();
  }
}

// Of 128 levels that are spread evenly; between 0.01 and 1 lie ln 100 / ln 25000 of the others,
// too.
BOOST_FIXTURE_TEST_CASE(levels_of_restoration_have_their_share, Fixture) {
  for (const double share : {0.0, 0.5, 1.0}) {
    options.restoration_share = share;
    const auto count = Trainer(photos, options, new_training_state(kTiny, 3)).step().loss.count;
    const double inside = static_cast<double>(count[1] + count[2] + count[3] + count[4]);
    const double expected = share + (1 - share) * std::log(100) / std::log(25000);
    BOOST_TEST(std::abs(inside - 128 * expected) <= 2, "share " << share << ": " << inside);
    BOOST_TEST(inside + static_cast<double>(count[0] + count[5]) == 128);
  }
}

BOOST_AUTO_TEST_CASE(a_step_of_muon_is_its_equation) {
  Rng rng(8);
  const auto draw = [&] { return randn(rng, {8, 3, 3}, 12); };
  const auto g = draw(), w = draw(), m = draw(), a = draw();
  auto weights = w.clone(), mean = m.clone(), average = a.clone();
  muon_step({.momentum = 0.95, .rate = 0.01, .average_rate = 0.25, .type = torch::kFloat32}, g,
            weights, mean, average);
  const auto close = [](const torch::Tensor& found, const torch::Tensor& expected) {
    return (found - expected).abs().max().item<double>() < 1e-5;  // of numbers of size 1
  };
  const auto moved = 0.95 * m + 0.05 * g;
  BOOST_TEST(close(mean, moved));
  const auto O = orthogonalise((0.95 * moved + 0.05 * g).flatten(1), torch::kFloat32);
  const auto expected = w - 0.01 * 0.2 * std::sqrt(72.0) * O.view_as(w);
  BOOST_TEST(close(weights, expected));
  BOOST_TEST(close(average, a + 0.25 * (expected - a)));
}

// U S V^T becomes U S' V^T with S' near the identity: wide, tall, and in both types.
BOOST_AUTO_TEST_CASE(orthogonalised_keeps_the_singular_vectors) {
  for (const auto& [rows, columns] : {std::pair{48, 96}, {96, 48}, {32, 32}})
    for (const auto type : {torch::kFloat32, torch::kBFloat16}) {
      Rng rng(7);
      const auto g = randn(rng, {1, 1, rows * columns}).view({rows, columns});
      const auto o = orthogonalise(g, type);
      const auto values = torch::linalg_svdvals(o);
      // The bounds of the iteration for singular values above a hundredth of the norm; bfloat16
      // carries 8 bits through five steps.
      const double slack = type == torch::kFloat32 ? 0 : 0.05;
      BOOST_TEST(values.max().item<double>() < 1.2 + slack);
      if (rows != columns) BOOST_TEST(values.min().item<double>() > 0.6 - slack);
      // O^T G = V S' S V^T is symmetric.
      const auto p = torch::mm(o.t(), g);
      BOOST_TEST((p - p.t()).norm().item<double>() <
                 (type == torch::kFloat32 ? 1e-5 : 0.03) * p.norm().item<double>());
    }
}

BOOST_FIXTURE_TEST_CASE(what_is_not_finite_stops_and_leaves_the_state, Fixture) {
  auto state = new_training_state(kTiny, 3);
  state.weights.at("stem.bias").fill_(std::nanf(""));
  Trainer trainer(photos, options, state);
  BOOST_CHECK_EXCEPTION(trainer.step(), Error, [](const Error& error) {
    return std::string(error.what()).find("not finite") != std::string::npos;
  });
  BOOST_TEST(trainer.state().step == 0);
  check_equal(trainer.state().average, state.average);
  check_equal(trainer.state().mean, state.mean);
}

BOOST_FIXTURE_TEST_CASE(a_session_leaves_a_prior_a_state_and_a_log, Fixture) {
  options.steps = 3;
  TrainingJob job;
  job.output = folder.path() / "p.safetensors";
  job.log = folder.path() / "log.jsonl";
  job.about = {{"name", "stripes"}};
  job.held_out_crop = 64;
  run_training(photos, options, new_training_state(kTiny, 3), job,
               {[](const auto&) {}, [](double) {}});

  const auto prior = read_prior(job.output);
  BOOST_TEST(prior.about["name"] == "stripes");
  BOOST_TEST(prior.about["training"]["steps"] == 3);
  BOOST_TEST(prior.about["held_out_psnr_db"]["25"].is_number());
  BOOST_TEST(load_training_state(state_path(job.output)).step == 3);
  std::ifstream stream(job.log);
  std::string line;
  BOOST_REQUIRE(std::getline(stream, line));
  const auto measured = Json::parse(line);
  BOOST_TEST(measured["held_out_psnr"]["25"] == prior.about["held_out_psnr_db"]["25"]);
  BOOST_TEST(measured["held_out_bands"].size() == kBands);
}

BOOST_FIXTURE_TEST_CASE(a_signal_saves_and_can_be_resumed, Fixture) {
  TrainingJob job;
  job.output = folder.path() / "p.safetensors";
  set_interrupted(true);
  BOOST_CHECK_EXCEPTION(run_training(photos, options, new_training_state(kTiny, 3), job,
                                     {[](const auto&) {}, [](double) {}}),
                        Error,
                        [](const Error& error) { return error.code() == ExitCode::interrupted; });
  set_interrupted(false);
  const auto saved = load_training_state(state_path(job.output));
  BOOST_TEST(saved.step == 1);
  check_equal(run(saved, 2), run(new_training_state(kTiny, 3), 3));
}

BOOST_FIXTURE_TEST_CASE(the_pool_keeps_its_promises, Fixture) {
  BOOST_TEST(photos.training_count() + photos.held_out_count() == 12u);
  Rng rng(1);
  bool grey = false;
  for (int i = 0; i < 60; ++i) {
    const auto crop = photos.random_crop(48, {}, rng);
    BOOST_REQUIRE((crop.pixels.sizes() == at::IntArrayRef{3, 48, 48}));
    BOOST_TEST(crop.pixels.min().item<float>() >= 0);
    BOOST_TEST(crop.pixels.max().item<float>() <= 1);
    if (crop.grey) BOOST_TEST(torch::equal(crop.pixels[0], crop.pixels[2]));
    grey = grey || crop.grey;
  }
  BOOST_TEST(grey);
  int greys = 0;
  for (int i = 0; i < 300; ++i) greys += photos.random_crop(16, {.grey = 0.3}, rng).grey;
  BOOST_TEST(std::abs(greys - 90) < 5 * std::sqrt(300 * 0.3 * 0.7));
  // What is held out shows the middle of its photograph.
  const auto crops = photos.held_out_crops(64);
  for (const auto& crop : crops.unbind()) {
    int found = 0;
    for (int i = 0; i < 12; ++i) {
      const auto photo =
          load_image(folder.path() / "photos" / fmt::format("photo{}.png", i)).colour[0];
      found += torch::equal(crop, photo.narrow(1, 16, 64).narrow(2, 32, 64));
    }
    BOOST_TEST(found == 1);
  }
  const auto pictures = folder.path() / "photos";
  BOOST_TEST(PhotoPool(pictures, {.excluded = {"photo1"}}).training_count() < 12u);
  BOOST_TEST(!PhotoPool(pictures, {.memory_gib = 1e-4}).skipped().empty());
  // 96 x 128: a larger crop would be an enlargement.
  const PhotoPool large(pictures, {.held_out = 0, .least_side = 96});
  BOOST_TEST(large.training_count() == 12u);
  BOOST_TEST(large.too_small_count() == 0u);
  Image thumbnail;
  thumbnail.colour = torch::full({1, 3, 95, 200}, 0.5);
  save_image(thumbnail, pictures / "thumbnail.png");
  const PhotoPool mixed(pictures, {.held_out = 0, .least_side = 96});
  BOOST_TEST(mixed.training_count() == 12u);
  BOOST_TEST(mixed.too_small_count() == 1u);
  BOOST_CHECK_EXCEPTION(
      PhotoPool(pictures, {.held_out = 0, .least_side = 97}), Error, [](const Error& error) {
        return error.code() == ExitCode::no_input &&
               std::string(error.what()).find("97 pixels: 13") != std::string::npos;
      });
  BOOST_CHECK_EXCEPTION(PhotoPool(folder.path() / "nowhere", {}), Error,
                        [](const Error& error) { return error.code() == ExitCode::usage; });
  std::filesystem::create_directory(folder.path() / "empty");
  BOOST_CHECK_EXCEPTION(PhotoPool(folder.path() / "empty", {}), Error,
                        [](const Error& error) { return error.code() == ExitCode::no_input; });
}
