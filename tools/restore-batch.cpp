// restore-batch: plans what a tool is to do to many pictures, and does it in as many parts and
// attempts as it takes.
#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "librestore/core/error.h"
#include "librestore/core/parallel.h"
#include "librestore/run/batch.h"
#include "librestore/run/manifest.h"
#include "librestore/run/run_log.h"
#include "tools/batch/own_call.h"
#include "tools/batch/slurm.h"
#include "tools/command_line/command_line.h"
#include "tools/command_line/run_tool.h"

namespace restore {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

const ToolText kText = {
    "restore-batch", "Plan a batch of pictures, run it in parts, see how far it is.",
    "restore-batch plan -m night.jsonl restore-deblur photos -o sharp --psf gaussian:1.6\n"
    "  restore-batch run -m night.jsonl -j 4",
    "`plan` takes the call of a tool as it would be made without it and writes what it would do;\n"
    "names that collide and files that are missing are found before anything starts. `run` does\n"
    "what is not done yet, as often as it is called: done is what its record says was made from\n"
    "the same input with the same parameters, and has not changed since. Words that follow, such\n"
    "as -j 4 or --json, go to the tool. --shard I/N does the I-th of N parts; in a Slurm job\n"
    "array the task's number and their count are the default. `retry` does what has failed.\n"
    "`submit` hands the shards to Slurm as a job array, or with -n prints the call; words that\n"
    "follow go to the tool, --sbatch WORD to sbatch.\n"
    "`status` exits with 75 when something is left to do, else with 1 when something has failed,\n"
    "else with 0. What could not be read when it was planned stays failed: plan again."};

constexpr std::array kTools = {"restore-inpaint", "restore-upscale", "restore-deblur",
                               "restore-pnp", "restore-degrade"};

struct Options {
  std::string manifest;
  std::string shard;
  bool json = false;
  std::int64_t items_per_task = 100, limit = 0;
  Words sbatch;
  bool dry_run = false;
  Words rest;  // for the tool
};

fs::path own_path() { return fs::read_symlink("/proc/self/exe"); }

// Does not return: the process becomes the program, so that signals and exit codes are its own.
[[noreturn]] void become(Words words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  execvp(pointers.front(), pointers.data());
  throw file_error(words.front(), "cannot start", errno);
}

// The tool lies beside this program.
[[noreturn]] void become_tool(const std::string& tool, Words words) {
  words.insert(words.begin(), (own_path().parent_path() / tool).string());
  become(std::move(words));
}

void check_tool(const std::string& tool) {
  if (std::find(kTools.begin(), kTools.end(), tool) == kTools.end())
    throw usage_error("{}: not a tool that can be planned; known: {}", tool,
                      fmt::join(kTools, " "));
}

void plan(const Options& options) {
  if (options.rest.empty()) throw usage_error("plan what? a tool and its words must follow");
  const std::string& tool = options.rest.front();
  check_tool(tool);
  Words words = {"--plan-to", options.manifest};
  words.insert(words.end(), options.rest.begin() + 1, options.rest.end());
  become_tool(tool, words);
}

// The manifest, and this process in the folder that it is for.
Manifest enter(const Options& options) {
  Manifest manifest = read_manifest(options.manifest);
  std::error_code error;
  fs::current_path(manifest.folder, error);
  if (error)
    throw usage_error("{}: cannot go to the folder that it was planned in: {}: {}",
                      options.manifest, manifest.folder.string(), error.message());
  return manifest;
}

void run_part(const Options& options, bool only_failed) {
  const std::string path = fs::absolute(options.manifest).string();
  const Manifest manifest = enter(options);
  check_tool(manifest.tool);
  Words words = {"--manifest", path};
  if (!options.shard.empty()) words.insert(words.end(), {"--shard", options.shard});
  if (only_failed) words.emplace_back("--only-failed");
  words.insert(words.end(), manifest.arguments.begin(), manifest.arguments.end());
  words.insert(words.end(), options.rest.begin(), options.rest.end());
  become_tool(manifest.tool, words);
}

enum class Fate { done, failed, left };

// Reads the output, to see whether it is what was written.
Fate fate_of(const Item& item, const RunLog& log, const std::string& parameters) {
  if (!item.problem.empty()) return Fate::failed;
  const Fingerprints now{item.planned_hash, parameters, ""};
  if (all_done(item, log, now)) return Fate::done;
  return log.has_failed(item.output) ? Fate::failed : Fate::left;
}

ExitCode status(const Options& options) {
  const Manifest manifest = enter(options);
  const RunLog log(manifest.plan.folder);
  const std::string parameters = hash_parameters(manifest.parameters);
  const auto& items = manifest.plan.items;
  std::vector<Fate> fates(items.size());
  const auto count = static_cast<std::int64_t>(items.size());
  parallel_items(count, divide_threads(0, count), [&](std::int64_t i) {
    fates[static_cast<std::size_t>(i)] =
        fate_of(items[static_cast<std::size_t>(i)], log, parameters);
  });
  const auto number_of = [&](Fate fate) { return std::count(fates.begin(), fates.end(), fate); };
  const auto done = number_of(Fate::done), failed = number_of(Fate::failed);
  const auto left = number_of(Fate::left);
  if (options.json) {
    const Json record{
        {"manifest", options.manifest}, {"done", done}, {"failed", failed}, {"left", left}};
    fmt::print("{}\n", record.dump(-1, ' ', false, Json::error_handler_t::replace));
  } else {
    fmt::print("{}: {} done, {} failed, {} left\n", options.manifest, done, failed, left);
  }
  if (left > 0) return ExitCode::interrupted;
  return failed > 0 ? ExitCode::some_failed : ExitCode::ok;
}

ExitCode submit(const Options& options) {
  const Manifest manifest = read_manifest(options.manifest);
  check_tool(manifest.tool);
  if (manifest.plan.items.empty()) throw Error(ExitCode::no_input, "nothing is planned");
  const Words words = sbatch_call({.program = own_path().string(),
                                   .manifest = fs::absolute(options.manifest).string(),
                                   .items = static_cast<std::int64_t>(manifest.plan.items.size()),
                                   .items_per_task = options.items_per_task,
                                   .largest_array = largest_slurm_array(),
                                   .limit = options.limit,
                                   .run_words = options.rest,
                                   .sbatch_words = options.sbatch});
  if (!options.dry_run) become(words);
  fmt::print("{}\n", shell_line(words));
  return ExitCode::ok;
}

CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& help,
                      Options& options) {
  CLI::App* const command = app.add_subcommand(name, help);
  command->add_option("-m,--manifest", options.manifest, "The plan")
      ->option_text("MANIFEST")
      ->required();
  return command;
}

void add_shard(CLI::App& command, Options& options) {
  command.add_option("--shard", options.shard, "Part I of N (default: all, or a Slurm task's)")
      ->option_text("I/N");
}

ExitCode run(int argc, char** argv) {
  Options options;
  auto app = make_command_line(kText);
  app->require_subcommand(1);
  auto* const planning = add_command(*app, "plan", "Write what a tool would do", options);
  auto* const running = add_command(*app, "run", "Do what is not done yet", options);
  auto* const looking = add_command(*app, "status", "Say how much is done", options);
  auto* const again = add_command(*app, "retry", "Do again what has failed", options);
  auto* const submitting = add_command(*app, "submit", "Hand it to Slurm as a job array", options);
  submitting->add_option("--items", options.items_per_task, "Pictures a task (default 100)")
      ->option_text("N")
      ->check(above_zero());
  submitting->add_option("--limit", options.limit, "Tasks at once (default: as many as can be)")
      ->option_text("N")
      ->check(above_zero());
  submitting->add_option("--sbatch", options.sbatch, "A word for sbatch, such as --time=4:00:00")
      ->option_text("WORD")
      ->allow_extra_args(false);
  submitting->add_flag("-n,--dry-run", options.dry_run, "Print the call");
  for (auto* const command : {planning, running, again, submitting}) command->allow_extras();
  for (auto* const command : {running, again}) add_shard(*command, options);
  looking->add_flag("--json", options.json, "As one JSON object");
  if (!parse_command_line(*app, argc, argv)) return ExitCode::ok;
  options.rest = app->get_subcommands().front()->remaining();
  if (planning->parsed()) plan(options);
  if (running->parsed() || again->parsed()) run_part(options, again->parsed());
  if (submitting->parsed()) return submit(options);
  return status(options);
}

}  // namespace
}  // namespace restore

int main(int argc, char** argv) { return restore::run_tool(argc, argv, restore::run); }
