// restore-prior: what a prior is, whether it is whole, and the same as a file of our own.
#include <fmt/core.h>

#include "librestore/core/error.h"
#include "librestore/core/json.h"
#include "librestore/core/named_rows.h"
#include "librestore/core/output_folder.h"
#include "librestore/core/parameters.h"
#include "librestore/core/printable.h"
#include "priors/factory.h"
#include "priors/neural/checkpoint/checkpoint_prior.h"
#include "priors/neural/checkpoint/load_prior.h"
#include "priors/neural/denoiser.h"
#include "priors/neural/shipped.h"
#include "priors/neural/training_session.h"
#include "priors/patch/mixture/mixture_file.h"
#include "tools/command_line/command_line.h"
#include "tools/command_line/prior_output.h"
#include "tools/command_line/run_tool.h"

namespace {

using namespace restore;

struct Options {
  std::vector<std::string> files, set;
  std::string output, about, type = "float16";
  bool overwrite = false;
};

// NAME=VALUE as JSON: numbers, true and false as such, anything else as text.
Json parse_set(const std::vector<std::string>& assignments) {
  Json set = Json::object();
  for (const auto& assignment : assignments) {
    const auto [name, text] = split_assignment("--set", assignment);
    const Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    set[name] = value.is_discarded() ? Json(text) : value;
  }
  return set;
}

CheckpointPrior read_other(const std::string& path, const Json& set = Json::object()) {
  return interpret_checkpoint(read_checkpoint(path), set);
}

Json script_card(const std::string& path) {
  const auto prior = load_prior(path, path);
  const auto range = prior->sigma_range();
  const auto field = prior->receptive_field();
  return {{"architecture", {{"kind", "torchscript"}}},
          {"parametrization", {{"kind", "estimate"}, {"range", {0, 1}}}},
          {"receptive_field_px", field ? Json(*field) : Json("unbounded")},
          {"sigma_range", {range.minimum, range.maximum}}};
}

// The file or folder that a word of the command line means: a path, or a name that `list` prints.
std::string file_of(const std::string& word) {
  if (std::filesystem::exists(word)) return word;
  if (const auto path = find_shipped_prior(word)) return path->string();
  throw item_error("{}: no such file or folder, and no prior that restore-prior list knows", word);
}

// `hash`: read all of somebody else's weights for their SHA-256.
Json card_of_any(const std::string& path, bool hash) {
  Json card = is_own_prior(path) ? prior_card(read_prior(path))
              : is_script(path)  ? script_card(path)
                                 : card_of(read_other(path), hash);
  if (!card.contains("licence")) card["licence"] = "not stated";
  return card;
}

void info(const std::string& file) {
  Json card = {{"file", file}};
  card.update(is_mixture(file) ? mixture_card(read_mixture(file))
                               : card_of_any(file, /*hash=*/true));
  fmt::print("{}\n", card.dump(2, ' ', false, Json::error_handler_t::replace));
}

void check_numbers(const CheckpointPrior& prior, const std::string& file) {
  for (const auto& [name, tensor] : prior.weights)
    if (!torch::isfinite(tensor.to(torch::kFloat32)).all().item<bool>())
      throw item_error("{}: tensor '{}' holds NaN or infinity", file, name);
  if (prior.about.contains("sha256") && prior.about["sha256"] != tensors_sha256(prior.weights))
    throw item_error("{}: damaged: the tensors do not have the SHA-256 on the card", file);
}

// Reading checks format and shapes; what is left is that the numbers are whole and the network
// computes.
void verify(const std::string& file) {
  if (is_mixture(file)) {
    read_mixture(file);
    return;
  }
  if (!is_own_prior(file) && !is_script(file)) check_numbers(read_other(file), file);
  const auto prior = load_prior(file, file);
  const auto range = prior->sigma_range();
  const double least = std::max(range.minimum, 1e-3), most = std::min(range.maximum, 100.0);
  const auto grey = torch::full({1, kImageChannels, 32, 32}, 0.5);
  for (const double sigma : {least, std::sqrt(least * most), most})
    if (!torch::isfinite(prior->denoise(grey, sigma)).all().item<bool>())
      throw item_error("{}: the network does not give finite numbers at sigma {}", file, sigma);
}

// What is wrong with one prior keeps no other from its turn.
ExitCode for_each_prior(const std::vector<std::string>& words,
                        const std::function<void(const std::string& file)>& look) {
  auto code = ExitCode::ok;
  for (const auto& word : words) try {
      look(file_of(word));
    } catch (const Error& error) {
      if (error.code() != ExitCode::some_failed) throw;
      fmt::print(stderr, "restore-prior: {}\n", printable(error.what()));
      code = ExitCode::some_failed;
    }
  return code;
}

torch::ScalarType parse_type(const std::string& name) {
  if (name == "float32") return torch::kFloat32;
  if (name == "float16") return torch::kFloat16;
  if (name == "bfloat16") return torch::kBFloat16;
  throw usage_error("--type {}: float32, float16 or bfloat16", name);
}

void convert(const Options& o) {
  const auto input = file_of(o.files.front());
  if (is_mixture(input))
    throw usage_error("{}: a mixture of patches has one form only, and needs no conversion", input);
  check_prior_name(o.output);
  if (std::filesystem::exists(o.output) && !o.overwrite)
    throw usage_error("{} exists; give --overwrite to replace it", o.output);
  const auto type = parse_type(o.type);
  const auto about = read_about(o.about);
  const auto set = parse_set(o.set);
  const bool is_state = std::filesystem::path(input).extension() == ".state";
  if (is_state || is_own_prior(input)) {
    if (!set.empty()) throw usage_error("--set: {} is of restore-train, nothing can be set", input);
    auto prior =
        is_state ? prior_from_state(load_training_state(input), Json::object()) : read_prior(input);
    prior.about.update(about);
    make_folder_of(o.output);
    return write_prior(prior, o.output, type);
  }
  if (is_script(input))
    throw usage_error("{}: a TorchScript program has no weights of a known network to convert",
                      input);
  auto prior = read_other(input, set);
  prior.about.update(about);
  make_folder_of(o.output);
  write_checkpoint_prior(prior, o.output, type);
}

// What `list` says of a prior after its name.
std::string line_of(const std::filesystem::path& path) {
  const auto text = [](const Json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
  };
  if (is_mixture(path)) {
    const auto file = read_mixture(path);
    return fmt::format("{:<14} {:>12} components, licence {}, {}", "mixture", file.mixture.size(),
                       text(file.about.value("licence", Json("not stated"))), path.string());
  }
  const auto card = card_of_any(path.string(), /*hash=*/false);
  const auto& range = card["sigma_range"];
  return fmt::format("{:<14} {:>12} parameters, sigma {:.4g} to {:.4g}, licence {}, {}",
                     text(card["architecture"]["kind"]),
                     card.contains("parameters") ? card["parameters"].dump() : "?",
                     range[0].get<double>(), range[1].get<double>(), text(card["licence"]),
                     path.string());
}

// A prior that is computed goes before a file of its name; two of the table's are files themselves.
bool is_hidden(const std::string& name) {
  return name != "natural" && name != "gmm" && look_up(prior_table(), name) != nullptr;
}

void list() {
  for (const auto& [name, path] : shipped_priors()) try {
      fmt::print(
          "{:<16} {}{}\n", name, line_of(path),
          is_hidden(name) ? fmt::format(" (--prior {} is another: give its path)", name) : "");
    } catch (const Error& error) {
      fmt::print("{:<16} cannot be used: {}\n", name, error.what());
    }
}

ExitCode run(int argc, char** argv) {
  Options o;
  const auto app = make_command_line(
      {"restore-prior", "Show, check, convert and list trained priors",
       "restore-prior info natural",
       "A prior is a name that `list` prints, a file of restore-train, or somebody\n"
       "else's: .safetensors, .pth, .pt, .bin, .ckpt, a folder of diffusers, a\n"
       "TorchScript program. docs/own-prior.md says which networks are known, and where\n"
       "names are looked for. Priors without a file, as tv: restore-pnp --list-priors.\n"
       "Check the licence of what you did not train."});
  app->require_subcommand(1);
  auto* show = app->add_subcommand("info", "Print the card of each prior as JSON");
  auto* check = app->add_subcommand("verify", "Check format, architecture, SHA-256 and numbers");
  for (auto* command : {show, check})
    command->add_option("PRIOR", o.files, "Names or files")->option_text("...")->required();
  auto* change = app->add_subcommand("convert", "Write any prior as .safetensors with a card");
  change->add_option("PRIOR", o.files, "A name, a file, or the .state of a training run")
      ->option_text(" ")
      ->required()
      ->expected(1);
  change->add_option("-o,--output", o.output, "The prior to write")->option_text("OUT")->required();
  change->add_option("--type", o.type, "float32, float16 or bfloat16")
      ->option_text("TYPE")
      ->capture_default_str();
  change
      ->add_option("--set", o.set,
                   "What the weights do not tell: class, heads,\nhead_channels, picture_size, "
                   "prediction_type,\n"
                   "beta_schedule, preconditioning, sigma_range ...")
      ->option_text("K=V")
      ->allow_extra_args(false);
  change->add_option("--about", o.about, "JSON file whose entries go on the card")
      ->option_text("FILE");
  change->add_flag("--overwrite", o.overwrite, "Replace OUTPUT when it exists");
  auto* offer = app->add_subcommand("list", "Print the files that --prior finds by name");
  if (!parse_command_line(*app, argc, argv)) return ExitCode::ok;
  if (show->parsed()) return for_each_prior(o.files, info);
  if (check->parsed())
    return for_each_prior(o.files, [](const std::string& file) {
      verify(file);
      fmt::print("{}: ok\n", file);
    });
  if (change->parsed()) convert(o);
  if (offer->parsed()) list();
  return ExitCode::ok;
}

}  // namespace

int main(int argc, char** argv) { return restore::run_tool(argc, argv, run); }
