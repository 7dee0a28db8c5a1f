// restore-train: photographs in, a prior out.
#include <set>

#include <fmt/core.h>

#include "librestore/core/output_folder.h"
#include "librestore/core/parallel.h"
#include "librestore/core/progress.h"
#include "priors/neural/training_session.h"
#include "priors/patch/mixture/mixture_training.h"
#include "tools/command_line/command_line.h"
#include "tools/command_line/prior_output.h"
#include "tools/command_line/run_tool.h"
#include "tools/command_line/shared_options.h"

namespace {

using namespace restore;

struct Options {
  std::string kind = "network", block = "gated", optimiser = "muon", photos, output, log, about,
              fine_tune, progress = "auto";
  bool overwrite = false, resume = false, float32 = false, fixed_crops = false, no_biases = false;
  int threads = 0;
  std::uint64_t seed = 0;
  double checkpoint_minutes = 5;
  NetworkConfig network;
  TrainOptions train;
  PhotoPoolOptions pool;
  MixtureFitOptions mixture;
};

constexpr const char *kForNetworks = "Networks", *kForNewNetworks = "What the network is made of",
                     *kForMixtures = "Mixtures (--kind gmm)";

// `value`: where the help names the option's value.
template <typename Target>
CLI::Option* add(CLI::App& app, const char* group, const char* flag, const char* value,
                 Target& target, const char* help) {
  return app.add_option(flag, target, help)
      ->option_text(value)
      ->capture_default_str()
      ->group(group);
}

void add_session_options(CLI::App& app, Options& o) {
  app.add_option("--hours", o.train.hours, "Wall time to train for, over all sessions")
      ->option_text("H")
      ->check(above_zero())
      ->group(kForNetworks);
  app.add_option("--steps", o.train.steps, "Optimiser steps to train for")
      ->option_text("N")
      ->check(above_zero())
      ->group(kForNetworks);
  app.add_flag("--resume", o.resume, "Go on from OUTPUT.state")->group(kForNetworks);
  add(app, kForNetworks, "--fine-tune", "PRIOR", o.fine_tune,
      "Start from the weights of this prior");
  add(app, kForNetworks, "--checkpoint-minutes", "M", o.checkpoint_minutes, "Between checkpoints")
      ->check(above_zero());
  add(app, kForNetworks, "--log", "FILE", o.log, "Append a JSON line a report");
}

void add_optimiser_options(CLI::App& app, Options& o) {
  add(app, kForNetworks, "--optimiser", "NAME", o.optimiser,
      "muon (Adam for what is no matrix)\nor adam")
      ->check(CLI::IsMember({"muon", "adam"}));
  add(app, kForNetworks, "--learning-rate", "R", o.train.learning_rate, "After the warm-up");
  add(app, kForNetworks, "--warm-up", "N", o.train.warm_up, "Steps of linear warm-up")
      ->check(above_zero());
  add(app, kForNetworks, "--ema", "D", o.train.ema, "Decay of the weights' average")
      ->check(CLI::Range(0.0, 1.0));
  add(app, kForNetworks, "--micro-batches", "N", o.train.micro_batches,
      "Groups of some 65536 pixels that make up a step,\na thread each")
      ->check(above_zero());
  app.add_flag("--float32", o.float32,
               "No bfloat16 in the convolutions\n(default where there is no AMX)")
      ->group(kForNetworks);
}

void add_photograph_options(CLI::App& app, Options& o) {
  app.add_option("--exclude", o.pool.excluded, "Leave out photographs whose name starts so")
      ->option_text("NAME ...")
      ->group(kForNetworks);
  add(app, kForNetworks, "--memory", "G", o.pool.memory_gib, "For photographs, GiB")
      ->check(above_zero());
  add(app, kForNetworks, "--crop", "N", o.train.crop,
      "Side of the crops at the start, px; in the end\n"
      "twice that; smaller photographs\nare left out")
      ->check(above_zero());
  app.add_flag("--fixed-crops", o.fixed_crops, "Do not enlarge the crops towards the end")
      ->group(kForNetworks);
  add(app, kForNetworks, "--smallest-scale", "S", o.train.crops.smallest_scale,
      "Three quarters of the crops are shrunk by a\nfactor from this to 1")
      ->check(CLI::Range(0.05, 1.0));
}

void add_structure_options(CLI::App& app, Options& o) {
  add(app, kForNewNetworks, "--block", "KIND", o.block,
      "gated or residual: plain 3x3,\nas in DRUNet")
      ->check(CLI::IsMember({"gated", "residual"}));
  app.add_flag("--no-biases", o.no_biases,
               "Nothing is added to a channel,\nby the noise level neither")
      ->group(kForNewNetworks);
  add(app, kForNewNetworks, "--width", "N", o.network.width, "Channels at half resolution");
  app.add_option("--encoder", o.network.encoder, "Blocks of each level on the way down, as 3,4")
      ->option_text("N,N")
      ->delimiter(',')
      ->group(kForNewNetworks);
  add(app, kForNewNetworks, "--middle", "N", o.network.middle, "Blocks of the coarsest level");
  app.add_option("--decoder", o.network.decoder, "Blocks of each level on the way up, as 4,3")
      ->option_text("N,N")
      ->delimiter(',')
      ->group(kForNewNetworks);
}

void add_mixture_options(CLI::App& app, MixtureFitOptions& o) {
  add(app, kForMixtures, "--components", "N", o.components, "Gaussians of the mixture")
      ->check(CLI::Range(1, 10000));
  add(app, kForMixtures, "--patches", "N", o.patches, "To fit, 256 bytes each")
      ->check(CLI::Range(1, 1 << 30));
  add(app, kForMixtures, "--iterations", "N", o.iterations, "Of EM")->check(CLI::Range(1, 10000));
}

void add_options(CLI::App& app, Options& o) {
  app.add_option("PHOTOS", o.photos, "Folder of photographs, with its subfolders")
      ->option_text(" ")
      ->required();
  app.add_option("-o,--output", o.output, "The prior, a .safetensors file")
      ->option_text("OUTPUT")
      ->required();
  app.add_option("--kind", o.kind, "network, or gmm of patches")
      ->option_text("KIND")
      ->capture_default_str()
      ->check(CLI::IsMember({"network", "gmm"}));
  app.add_option("--seed", o.seed, "Of all that is random")
      ->option_text("S")
      ->capture_default_str()
      ->check(whole_number());
  app.add_flag("--overwrite", o.overwrite, "Start anew although OUTPUT exists");
  app.add_option("--about", o.about, "JSON file whose entries go on the prior's card")
      ->option_text("FILE");
  add_threads_option(app, o.threads);
  add_device_option(app);
  add_progress_option(app, o.progress);
  add_session_options(app, o);
  add_optimiser_options(app, o);
  add_photograph_options(app, o);
  add_structure_options(app, o);
  add_mixture_options(app, o.mixture);
}

// What would change nothing, and its user would not know.
void refuse(const CLI::App& app, const std::set<std::string>& groups, const std::string& why) {
  std::string given;
  for (const auto* option : app.get_options())
    if (groups.contains(option->get_group()) && option->count() > 0)
      given += (given.empty() ? "" : ", ") + option->get_name();
  if (!given.empty()) throw usage_error("{}: of no use with {}; leave it out", given, why);
}

TrainingState first_state(const Options& o) {
  const auto state_file = state_path(o.output);
  if (o.resume) {
    if (!o.fine_tune.empty()) throw usage_error("--resume and --fine-tune exclude each other");
    return load_training_state(state_file);
  }
  for (const auto& path : {std::filesystem::path(o.output), state_file})
    if (!o.overwrite && std::filesystem::exists(path))
      throw usage_error("{} exists; give --resume to go on or --overwrite to start anew",
                        path.string());
  if (o.fine_tune.empty()) {
    const auto network = network_config_from_json(to_json(o.network), "the network options");
    return new_training_state(network, o.seed);
  }
  auto prior = read_prior(o.fine_tune);
  auto state = new_training_state(prior.network, o.seed);
  for (auto& [name, tensor] : state.weights) {
    tensor.copy_(prior.weights.at(name));
    state.average.at(name).copy_(tensor);
  }
  return state;
}

void train_network(Options& o, Progress& progress) {
  const int threads = o.threads > 0 ? o.threads : available_threads();
  o.train.threads = o.pool.threads = threads;
  if (o.float32) o.train.bfloat16 = false;
  o.train.muon = o.optimiser == "muon";
  o.train.progressive = !o.fixed_crops;
  o.network.block = {o.block == "residual" ? BlockKind::residual : BlockKind::gated, !o.no_biases};
  o.pool.least_side = o.train.progressive ? 2 * o.train.crop : o.train.crop;
  const auto about = read_about(o.about);
  auto state = first_state(o);
  make_folder_of(o.output);
  if (!o.log.empty()) make_folder_of(o.log);
  const PhotoPool photos(o.photos, o.pool);
  for (const auto& path : photos.skipped()) progress.message(path + ": left out");
  if (photos.too_small_count() > 0)
    progress.message(fmt::format("left out as too small for crops of {} pixels: {} photographs",
                                 o.pool.least_side, photos.too_small_count()));
  progress.message(fmt::format("{} photographs, {} more held out; {} parameters, {:.0f} kMAC/pixel",
                               photos.training_count(), photos.held_out_count(),
                               parameter_count(state.weights),
                               macs_per_pixel(state.network) / 1000));

  TrainingJob job;
  job.output = o.output;
  job.log = o.log;
  job.about = about;
  job.checkpoint_minutes = o.checkpoint_minutes;
  progress.begin("training", 1);
  run_training(photos, o.train, std::move(state), job,
               {[&](const std::string& line) { progress.message(line); },
                [&](double fraction) { progress.step(o.output, std::min(1.0, fraction)); }});
  progress.item_done(o.output, true);
  progress.end();
}

ExitCode train(int argc, char** argv) {
  Options o;
  const auto app = make_command_line(
      {"restore-train", "Train a prior for the restoring tools on a folder of photographs",
       "restore-train photographs -o mine.safetensors --hours 10 --log mine.jsonl",
       "A network's run keeps its state in OUTPUT.state, and OUTPUT is a usable prior\n"
       "from the first checkpoint on. Ctrl-C saves and exits 75; --resume goes on from\n"
       "there. A mixture is written at the end: Ctrl-C exits 75, and nothing is kept."});
  add_options(*app, o);
  if (!parse_command_line(*app, argc, argv)) return ExitCode::ok;

  check_prior_name(o.output);
  const bool is_network = o.kind == "network";
  if (is_network) {
    refuse(*app, {kForMixtures}, "--kind network");
    if (o.resume) refuse(*app, {kForNewNetworks}, "--resume, which has a network");
    if (!o.fine_tune.empty()) refuse(*app, {kForNewNetworks}, "--fine-tune, which has a network");
    if (app->count("--hours") + app->count("--steps") == 0)
      throw usage_error("for how long? Give --hours H or --steps N");
  } else {
    refuse(*app, {kForNetworks, kForNewNetworks}, "--kind gmm");
  }
  const auto progress = make_progress(parse_progress_style(o.progress));
  if (is_network) {
    train_network(o, *progress);
  } else {
    o.mixture.seed = o.seed;
    train_mixture({o.photos, o.output, o.overwrite, o.threads, o.mixture, RESTORE_VERSION,
                   read_about(o.about)},
                  *progress);
  }
  return ExitCode::ok;
}

}  // namespace

int main(int argc, char** argv) { return restore::run_tool(argc, argv, train); }
