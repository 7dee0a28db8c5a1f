#include "tools/batch/manifest_run.h"

#include <algorithm>

#include <fmt/format.h>

#include "librestore/core/error.h"
#include "librestore/core/printable.h"
#include "librestore/run/manifest.h"
#include "librestore/run/run_log.h"
#include "librestore/run/shard.h"
#include "tools/batch/own_call.h"

namespace restore {
namespace {

// The words of this call after the tool's name, without those that restore-batch put there.
std::vector<std::string> own_arguments() {
  auto words = own_words();
  const auto plan = std::find(words.begin(), words.end(), "--plan-to");
  if (plan == words.end() || plan + 1 == words.end())
    throw usage_error("--plan-to: restore-batch plan gives it");
  words.erase(plan, plan + 2);
  words.erase(words.begin());
  return words;
}

}  // namespace

ExitCode write_plan(const BatchOptions& options, const BatchRequest& request, Plan plan) {
  hash_items(plan.items, options.threads);
  std::size_t unreadable = 0;
  for (const Item& item : plan.items)
    if (!item.problem.empty()) {
      fmt::print(stderr, "{}: {}\n", request.tool, printable(item.problem));
      ++unreadable;
    }
  const std::size_t count = plan.items.size();
  write_manifest({.tool = request.tool,
                  .arguments = own_arguments(),
                  .folder = std::filesystem::current_path(),
                  .parameters = request.parameters,
                  .plan = std::move(plan)},
                 options.plan_to);
  if (!options.quiet) fmt::print("{}: {} planned\n", options.plan_to, count);
  return unreadable == 0 ? ExitCode::ok : ExitCode::some_failed;
}

Plan planned_part(const BatchOptions& options, const BatchRequest& request) {
  Manifest manifest = read_manifest(options.manifest);
  if (manifest.tool != request.tool)
    throw usage_error("{}: planned for {}", options.manifest, manifest.tool);
  if (manifest.parameters != request.parameters)
    throw usage_error("{}: program, prior or options have changed since; plan again",
                      options.manifest);
  const Shard shard = options.shard.empty() ? shard_of_environment() : parse_shard(options.shard);
  const RunLog log(manifest.plan.folder);
  Plan part = std::move(manifest.plan);
  std::vector<Item> items;
  std::swap(items, part.items);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!shard.has(i)) continue;
    Item& item = items[i];
    if (options.only_failed && item.problem.empty() && !log.has_failed(item.output)) continue;
    if (!item.problem.empty()) item.problem += " (when it was planned; plan again if it is mended)";
    // This call says anew what goes with a picture.
    item.also_reads.clear();
    item.also_writes.clear();
    part.items.push_back(std::move(item));
  }
  return part;
}

}  // namespace restore
