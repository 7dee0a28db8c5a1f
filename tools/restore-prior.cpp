// restore-prior: what a prior file is, whether it is whole, and the same in another number type.
#include <fstream>

#include <fmt/core.h>

#include "librestore/core/json.h"
#include "priors/neural/denoiser.h"
#include "priors/neural/training_session.h"
#include "tools/common/command_line.h"
#include "tools/common/run_tool.h"

namespace {

using namespace restore;

struct Options {
  std::vector<std::string> files;
  std::string output, about, type = "float16";
  bool overwrite = false;
};

void info(const Options& o) {
  for (const auto& file : o.files) {
    Json card = {{"file", file}};
    card.update(prior_card(read_prior(file)));
    fmt::print("{}\n", card.dump(2));
  }
}

// Reading checks everything; what is left is that the network computes.
void verify(const Options& o) {
  for (const auto& file : o.files) {
    const auto prior = load_network_prior(file);
    const auto range = prior->sigma_range();
    const auto grey = torch::full({1, kImageChannels, 32, 32}, 0.5);
    for (const double sigma :
         {range.minimum, std::sqrt(range.minimum * range.maximum), range.maximum})
      if (!torch::isfinite(prior->denoise(grey, sigma)).all().item<bool>())
        throw item_error("{}: the network does not give finite numbers at sigma {}", file, sigma);
    fmt::print("{}: ok\n", file);
  }
}

torch::ScalarType parse_type(const std::string& name) {
  if (name == "float32") return torch::kFloat32;
  if (name == "float16") return torch::kFloat16;
  if (name == "bfloat16") return torch::kBFloat16;
  throw usage_error("--type {}: float32, float16 or bfloat16", name);
}

void convert(const Options& o) {
  const auto& input = o.files.front();
  if (std::filesystem::exists(o.output) && !o.overwrite)
    throw usage_error("{} exists; give --overwrite to replace it", o.output);
  const bool is_state = std::filesystem::path(input).extension() == ".state";
  auto prior =
      is_state ? prior_from_state(load_training_state(input), Json::object()) : read_prior(input);
  if (!o.about.empty()) {
    std::ifstream stream(o.about);
    const Json about = Json::parse(stream, nullptr, /*allow_exceptions=*/false);
    if (!about.is_object()) throw usage_error("--about {}: not a readable JSON object", o.about);
    prior.about.update(about);
  }
  write_prior(prior, o.output, parse_type(o.type));
}

ExitCode run(int argc, char** argv) {
  Options o;
  const auto app = make_command_line({"restore-prior", "Show, check and convert trained priors",
                                      "restore-prior info natural.safetensors", ""});
  app->require_subcommand(1);
  auto* show = app->add_subcommand("info", "Print the card of each file as JSON");
  auto* check = app->add_subcommand("verify", "Check format, architecture, SHA-256 and numbers");
  for (auto* command : {show, check})
    command->add_option("FILE", o.files, "Priors (.safetensors)")->required();
  auto* change = app->add_subcommand("convert", "Write a prior, or a training state, as a prior");
  change->add_option("FILE", o.files, "A prior, or the .state of a training run")
      ->required()
      ->expected(1);
  change->add_option("-o,--output", o.output, "The prior to write")->required();
  change->add_option("--type", o.type, "float32, float16 or bfloat16")->capture_default_str();
  change->add_option("--about", o.about, "JSON file whose entries go on the card");
  change->add_flag("--overwrite", o.overwrite, "Replace OUTPUT when it exists");
  if (!parse_command_line(*app, argc, argv)) return ExitCode::ok;
  if (show->parsed()) info(o);
  if (check->parsed()) verify(o);
  if (change->parsed()) convert(o);
  return ExitCode::ok;
}

}  // namespace

int main(int argc, char** argv) { return restore::run_tool(argc, argv, run); }
