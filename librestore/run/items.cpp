#include "librestore/run/items.h"

#include <algorithm>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "librestore/core/error.h"
#include "librestore/image/image_io.h"

namespace restore {
namespace {

namespace fs = std::filesystem;

using FileId = std::pair<dev_t, ino_t>;

// Which file a path leads to in the end, through links of both kinds; {0, 0} when to none.
FileId file_id(const fs::path& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino};
}

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with("."); }

// Gathers the inputs; outputs come later.
class Collector {
 public:
  explicit Collector(const PlanRequest& request)
      : recursive_(request.recursive), output_(file_id(request.output)) {}

  void add(const fs::path& path) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (status.type() == fs::file_type::directory) {
      scan(path, "");
    } else if (fs::exists(status)) {
      items_.push_back({.id = path.filename().string(), .input = path, .output = {}});
    } else {
      const bool missing = status.type() == fs::file_type::not_found;
      add_problem(path.filename(), path, missing ? "no such file or folder" : error.message());
    }
  }

  std::vector<Item> take() { return std::move(items_); }

 private:
  void add_problem(const fs::path& id, const fs::path& path, const std::string& what) {
    items_.push_back({.id = id.generic_string(),
                      .input = path,
                      .output = {},
                      .problem = fmt::format("{}: {}", path.string(), what)});
  }

  void scan(const fs::path& folder, const fs::path& below) {
    std::error_code error;
    fs::directory_iterator entry(folder, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error))
      take_entry(*entry, below / entry->path().filename());
    // A folder that cannot be read is a loss that must be told.
    if (error) add_problem(below.empty() ? folder.filename() : below, folder, error.message());
  }

  void take_entry(const fs::directory_entry& entry, const fs::path& id) {
    std::error_code ignored;
    if (is_hidden(entry.path())) return;
    if (entry.is_directory(ignored)) {
      // Links between folders may form circles.
      if (recursive_ && !entry.is_symlink(ignored) && file_id(entry.path()) != output_)
        scan(entry.path(), id);
      if (!recursive_ && is_image_path(id))
        add_problem(id, entry.path(), "a folder, not a picture");
      return;
    }
    // A link that leads nowhere is taken too: it fails when it is read.
    const bool file = entry.is_regular_file(ignored) || !entry.exists(ignored);
    if (file && is_image_path(entry.path()))
      items_.push_back({.id = id.generic_string(), .input = entry.path(), .output = {}});
  }

  bool recursive_;
  FileId output_;  // what lies in there is not ours to restore
  std::vector<Item> items_;
};

bool any_folder(const std::vector<std::string>& inputs) {
  return std::any_of(inputs.begin(), inputs.end(), [](const std::string& input) {
    std::error_code ignored;
    return fs::is_directory(input, ignored);
  });
}

bool names_folder(const PlanRequest& request) {
  // With its slash a file would look as if it were not there.
  const bool slash = request.output.ends_with('/');
  const fs::path output = slash ? fs::path(request.output).parent_path() : fs::path(request.output);
  std::error_code ignored;
  const fs::file_status status = fs::status(output, ignored);
  if (fs::is_directory(status)) return true;
  const bool several = request.inputs.size() > 1 || any_folder(request.inputs);
  if (!several && !slash) return false;
  if (fs::exists(status))
    throw usage_error("{}: is a file, and {} need a folder to go to", output.string(),
                      several ? "several pictures" : "names that end in /");
  return true;
}

void check_writable_format(const fs::path& output) {
  if (!is_image_path(output))
    throw usage_error("{}: no picture format has this extension; known: {}", output.string(),
                      fmt::join(image_extensions(), " "));
}

fs::path below_folder(const fs::path& folder, const std::string& id) {
  fs::path output = folder / id;
  if (!is_image_path(output)) output.replace_extension(".png");
  return output;
}

// Every input once, in the order of the ids.
void sort_and_unite(std::vector<Item>& items) {
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
    return std::pair(a.id, a.input) < std::pair(b.id, b.input);
  });
  const auto same = [](const Item& a, const Item& b) {
    return a.id == b.id && (a.input == b.input ||
                            (file_id(a.input) == file_id(b.input) && file_id(a.input) != FileId{}));
  };
  items.erase(std::unique(items.begin(), items.end(), same), items.end());
}

void check_any_usable(const std::vector<Item>& items, const PlanRequest& request) {
  if (std::any_of(items.begin(), items.end(), [](const Item& i) { return i.problem.empty(); }))
    return;
  const std::size_t others = std::max(items.size(), request.inputs.size()) - 1;
  const std::string rest = others > 0 ? fmt::format(" (and {} more like it)", others) : "";
  if (!items.empty())
    throw Error(ExitCode::no_input, fmt::format("{}{}", items.front().problem, rest));
  const char* const hint = request.recursive ? "" : "; -r looks into the folders below it too";
  const std::string first = request.inputs.empty() ? "nothing given" : request.inputs.front();
  throw Error(ExitCode::no_input, fmt::format("{}: no pictures there{}{}", first, rest, hint));
}

void check_collisions(const std::vector<Item>& items) {
  std::map<fs::path, const Item*> by_output;
  std::map<FileId, const Item*> by_input;
  for (const Item& item : items)
    if (item.problem.empty()) by_input.emplace(file_id(item.input), &item);
  for (const Item& item : items) {
    if (!item.problem.empty()) continue;
    const auto [other, is_new] = by_output.emplace(item.output.lexically_normal(), &item);
    if (!is_new)
      throw usage_error("{} and {} would both be written to {}; give them different folders",
                        other->second->input.string(), item.input.string(), item.output.string());
    const FileId id = file_id(item.output);
    const auto input = id == FileId{} ? by_input.end() : by_input.find(id);
    if (input != by_input.end())
      throw usage_error("{}: the output {} is the same file; originals are never overwritten",
                        input->second->input.string(), item.output.string());
  }
}

void check_existing(const std::vector<Item>& items) {
  for (const Item& item : items) {
    std::error_code ignored;
    if (item.problem.empty() && fs::exists(fs::symlink_status(item.output, ignored)))
      throw usage_error("{}: exists; --overwrite replaces it, --skip-existing keeps what is done",
                        item.output.string());
  }
}

// All that a call reads and writes, by file where there is one and else by name.
class Ledger {
 public:
  void read(const fs::path& path) {
    if (const FileId id = file_id(path); id != FileId{}) read_.insert(id);
  }

  // Call it after all that is read.
  void write(const fs::path& path) {
    const FileId id = file_id(path);
    if (id != FileId{} && read_.contains(id))
      throw usage_error("{}: would be overwritten, and is read; originals are never overwritten",
                        path.string());
    const bool is_new = id == FileId{} ? names_.insert(fs::absolute(path).lexically_normal()).second
                                       : written_.insert(id).second;
    if (!is_new)
      throw usage_error("{}: two files would be written there; give them different names",
                        path.string());
  }

 private:
  std::set<FileId> read_, written_;
  std::set<fs::path> names_;
};

}  // namespace

std::vector<fs::path> files_of(const Item& item) {
  std::vector<fs::path> paths;
  if (!item.input.empty()) paths.push_back(item.input);
  paths.insert(paths.end(), item.also_reads.begin(), item.also_reads.end());
  return paths;
}

std::vector<fs::path> outputs_of(const Item& item) {
  std::vector<fs::path> paths{item.output};
  paths.insert(paths.end(), item.also_writes.begin(), item.also_writes.end());
  return paths;
}

Plan plan_items(const PlanRequest& request) {
  Plan plan;
  plan.to_folder = names_folder(request);
  const fs::path output = request.output;
  if (!plan.to_folder) check_writable_format(output);
  plan.folder = plan.to_folder ? output : output.parent_path();
  if (plan.folder.empty()) plan.folder = ".";

  Collector collector(request);
  for (const std::string& input : request.inputs) collector.add(input);
  plan.items = collector.take();
  sort_and_unite(plan.items);
  check_any_usable(plan.items, request);
  for (Item& item : plan.items)
    item.output = plan.to_folder ? below_folder(output, item.id) : output;
  check_collisions(plan.items);
  if (request.existing == Existing::refuse) check_existing(plan.items);
  return plan;
}

void check_files(const Plan& plan, Existing existing, const CommonFiles& common) {
  Ledger ledger;
  for (const auto& path : common.reads) ledger.read(path);
  for (const Item& item : plan.items) {
    for (const auto& path : files_of(item)) ledger.read(path);
    for (const auto& path : item.also_looks_at) ledger.read(path);
  }
  for (const auto& path : common.writes) ledger.write(path);
  for (const Item& item : plan.items) {
    if (!item.problem.empty()) continue;
    ledger.write(item.output);
    for (const auto& path : item.also_writes) {
      ledger.write(path);
      if (existing == Existing::refuse && fs::exists(fs::symlink_status(path)))
        throw usage_error("{}: exists; --overwrite replaces it", path.string());
    }
  }
}

}  // namespace restore
