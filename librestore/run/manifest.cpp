#include "librestore/run/manifest.h"

#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

#include <fmt/format.h>

#include "librestore/core/error.h"
#include "librestore/core/interrupt.h"
#include "librestore/core/parallel.h"
#include "librestore/core/temporary_file.h"
#include "librestore/run/file_hash.h"

namespace restore {
namespace {

namespace fs = std::filesystem;

constexpr int kManifestVersion = 1;

Json to_json(const Item& item) {
  Json json{{"id", item.id}, {"input", item.input.string()}};
  if (!item.problem.empty()) {
    json["problem"] = item.problem;
  } else {
    json["size"] = fs::file_size(item.input);
    json["hash"] = item.planned_hash;
    json["also_reads"] = Json::array();
    for (const fs::path& path : item.also_reads) json["also_reads"].push_back(path.string());
    json["also_writes"] = Json::array();
    for (const fs::path& path : item.also_writes) json["also_writes"].push_back(path.string());
  }
  json["output"] = item.output.string();
  return json;
}

Item item_from(const Json& json) {
  Item item;
  item.id = json.at("id").get<std::string>();
  item.input = json.at("input").get<std::string>();
  item.output = json.at("output").get<std::string>();
  item.problem = json.value("problem", "");
  item.planned_hash = json.value("hash", "");
  for (const Json& path : json.value("also_reads", Json::array()))
    item.also_reads.emplace_back(path.get<std::string>());
  for (const Json& path : json.value("also_writes", Json::array()))
    item.also_writes.emplace_back(path.get<std::string>());
  return item;
}

// The lines after the first one.
std::string item_lines(const Manifest& manifest) {
  std::string lines;
  for (const Item& item : manifest.plan.items) {
    try {
      lines += to_json(item).dump() + "\n";
    } catch (const Json::type_error&) {
      throw usage_error("{}: its name is not UTF-8, which a manifest cannot hold",
                        item.input.string());
    }
  }
  return lines;
}

std::string first_line(const Json& header) {
  try {
    return header.dump();
  } catch (const Json::type_error&) {
    throw usage_error(
        "the call or the folder that it is made in has a name that is not UTF-8, which a manifest "
        "cannot hold");
  }
}

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  // A folder can be opened, and then not be read; of an empty file << makes a failure too.
  if (file.peek() != std::ifstream::traits_type::eof()) text << file.rdbuf();
  if (!file.is_open() || file.bad() || !text)
    throw usage_error("{}: cannot read this manifest: {}", path.string(),
                      std::generic_category().message(errno));
  return text.str();
}

Manifest parse(const std::string& first, const std::string& rest) {
  const Json header = Json::parse(first);
  if (const int version = header.at("manifest"); version != kManifestVersion)
    throw std::runtime_error(
        fmt::format("its version is {}, this program reads {}", version, kManifestVersion));
  if (header.at("hash") != hash_text(rest)) throw std::runtime_error("it was edited or cut off");
  Manifest manifest;
  manifest.tool = header.at("tool").get<std::string>();
  manifest.arguments = header.at("arguments").get<std::vector<std::string>>();
  manifest.folder = header.at("folder").get<std::string>();
  manifest.parameters = header.at("parameters");
  manifest.plan.folder = header.at("output_folder").get<std::string>();
  manifest.plan.to_folder = header.at("to_folder").get<bool>();
  std::istringstream lines(rest);
  for (std::string line; std::getline(lines, line);)
    manifest.plan.items.push_back(item_from(Json::parse(line)));
  return manifest;
}

}  // namespace

void hash_items(std::vector<Item>& items, int threads) {
  const auto count = static_cast<std::int64_t>(items.size());
  parallel_items(count, divide_threads(threads, count), [&](std::int64_t i) {
    Item& item = items[static_cast<std::size_t>(i)];
    if (!item.problem.empty() || interrupted()) return;
    try {
      item.planned_hash = hash_files(files_of(item));
    } catch (const Error& error) {
      item.problem = error.what();
    }
  });
  throw_if_interrupted();
}

void check_manifest_place(const fs::path& path) {
  std::error_code ignored;
  if (fs::exists(fs::symlink_status(path, ignored)))
    throw usage_error("{}: exists; a manifest is never replaced, remove it or choose another name",
                      path.string());
}

void write_manifest(const Manifest& manifest, const fs::path& path) {
  check_manifest_place(path);
  const std::string lines = item_lines(manifest);
  const Json header{{"manifest", kManifestVersion},
                    {"tool", manifest.tool},
                    {"arguments", manifest.arguments},
                    {"folder", manifest.folder.string()},
                    {"parameters", manifest.parameters},
                    {"output_folder", manifest.plan.folder.string()},
                    {"to_folder", manifest.plan.to_folder},
                    {"items", manifest.plan.items.size()},
                    {"hash", hash_text(lines)}};
  write_atomically(path.string(), {first_line(header), "\n", lines}, IfExists::fail);
}

Manifest read_manifest(const fs::path& path) {
  const std::string text = read_text(path);
  const std::size_t end = text.find('\n');
  try {
    if (end == std::string::npos) throw std::runtime_error("it has no lines");
    return parse(text.substr(0, end), text.substr(end + 1));
  } catch (const Json::exception&) {
    throw usage_error("{}: not a manifest; restore-batch plan writes one", path.string());
  } catch (const std::runtime_error& error) {
    throw usage_error("{}: this manifest cannot be used: {}", path.string(), error.what());
  }
}

}  // namespace restore
