#include "librestore/run/shard.h"

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "librestore/core/error.h"

namespace restore {
namespace {

std::optional<std::size_t> whole(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::size_t variable(const char* name, std::optional<std::size_t> fallback) {
  const char* const text = std::getenv(name);
  const auto value = text == nullptr ? fallback : whole(text);
  if (!value) throw usage_error("{}={}: not a number; say --shard", name, text ? text : "");
  return *value;
}

Shard checked(const Shard& shard, const std::string& text) {
  if (shard.number < 1 || shard.number > shard.count)
    throw usage_error("--shard {}: write I/N, I from 1 to N", text);
  return shard;
}

}  // namespace

Shard parse_shard(const std::string& text) {
  const auto slash = text.find('/');
  const auto number = whole(std::string_view(text).substr(0, slash));
  const auto count =
      slash == std::string::npos ? std::nullopt : whole(std::string_view(text).substr(slash + 1));
  return checked({number.value_or(0), count.value_or(0)}, text);
}

Shard shard_of_environment() {
  if (std::getenv("SLURM_ARRAY_TASK_ID") == nullptr) return {};
  const std::size_t id = variable("SLURM_ARRAY_TASK_ID", std::nullopt);
  const std::size_t count = variable("SLURM_ARRAY_TASK_COUNT", std::nullopt);
  const std::size_t first = variable("SLURM_ARRAY_TASK_MIN", 0);
  const std::size_t step = variable("SLURM_ARRAY_TASK_STEP", 1);
  if (id < first || step == 0)
    throw usage_error("SLURM_ARRAY_TASK_ID={}: outside of its array; say --shard", id);
  const Shard shard{(id - first) / step + 1, count};
  return checked(shard, fmt::format("{}/{}", shard.number, shard.count));
}

}  // namespace restore
