// The layers of docs/architecture.md, held: no include of the source folders may be missing there.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace restore {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

struct Room {
  Names includes;     // folders or files of ours
  Names third_party;  // beginnings of include paths
};

using Layers = std::map<std::string, Room>;  // by folder or file, as in the table

std::string read_text(const fs::path& path) {
  std::ifstream file(path);
  BOOST_TEST_REQUIRE(file.good(), "cannot read " << path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// What stands between backticks.
Names quoted_names(const std::string& cell) {
  static const std::regex quoted("`([^`]+)`");
  Names names;
  for (std::sregex_iterator it(cell.begin(), cell.end(), quoted), end; it != end; ++it)
    names.push_back((*it)[1]);
  return names;
}

Names table_cells(const std::string& line) {
  Names cells;
  std::istringstream stream(line.substr(1));
  for (std::string cell; std::getline(stream, cell, '|');) cells.push_back(cell);
  return cells;
}

// The table whose heading begins with "| folder |", up to the first line that is not a row.
Layers parse_layers(const std::string& markdown) {
  Layers layers;
  std::istringstream stream(markdown);
  bool inside = false;
  for (std::string line; std::getline(stream, line);) {
    if (inside && !line.starts_with("|")) break;
    if (inside && !line.starts_with("| ---")) {
      const auto cells = table_cells(line);
      BOOST_TEST_REQUIRE(cells.size() == 4U, "not four columns: " << line);
      const auto folder = quoted_names(cells[0]);
      BOOST_TEST_REQUIRE(folder.size() == 1U, "not one folder a row: " << line);
      layers[folder[0]] = {quoted_names(cells[2]), quoted_names(cells[3])};
    }
    inside = inside || line.starts_with("| folder |");
  }
  return layers;
}

bool is_below(const std::string& path, const std::string& name) {
  return path == name || path.starts_with(name + "/");
}

bool is_below_any(const std::string& path, const Names& names) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return is_below(path, name); });
}

// The longest row that `path` lies below; empty when there is none.
std::string room_of(const Layers& layers, const std::string& path) {
  std::string best;
  for (const auto& [name, room] : layers)
    if (is_below(path, name) && name.size() > best.size()) best = name;
  return best;
}

// The C++ library, POSIX and the compiler.
bool is_system_header(const std::string& header) {
  static const std::set<std::string> posix = {"dirent.h", "fcntl.h",     "poll.h",
                                              "sched.h",  "signal.h",    "stdlib.h",
                                              "unistd.h", "immintrin.h", "cpuid.h"};
  if (header.find_first_of("./") == std::string::npos) return true;
  return posix.contains(header) || is_below(header, "sys");
}

// What is wrong with the includes of one file; a line each.
Names complaints(const Layers& layers, const std::string& file, const std::string& text) {
  static const std::regex include(R"re(^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"])re",
                                  std::regex::multiline);
  const std::string room = room_of(layers, file);
  if (room.empty()) return {file + " lies in no folder of the table"};
  Names found;
  for (std::sregex_iterator it(text.begin(), text.end(), include), end; it != end; ++it) {
    const std::string header = (*it)[2];
    if ((*it)[1] == "\"") {
      const std::string target = room_of(layers, header);
      if (target.empty())
        found.push_back(file + ": \"" + header + "\" does not begin with a folder of the table");
      else if (target != room && !is_below_any(header, layers.at(room).includes))
        found.push_back(file + ": " + room + " may not include " + header);
    } else if (!is_system_header(header) && !is_below_any(header, layers.at(room).third_party)) {
      found.push_back(file + ": " + room + " may not use <" + header + ">");
    }
  }
  return found;
}

std::map<std::string, std::string> source_files() {
  const fs::path root = RESTORE_SOURCE_DIR;
  const Names extensions = {".h", ".cpp", ".hpp", ".cc"};
  std::map<std::string, std::string> files;
  for (const char* folder : {"librestore", "operators", "priors", "tools"})
    for (const auto& entry : fs::recursive_directory_iterator(root / folder))
      if (std::count(extensions.begin(), extensions.end(), entry.path().extension().string()) > 0)
        files[entry.path().lexically_relative(root).generic_string()] = read_text(entry.path());
  return files;
}

Layers documented_layers() {
  return parse_layers(read_text(fs::path(RESTORE_SOURCE_DIR) / "docs/architecture.md"));
}

BOOST_AUTO_TEST_CASE(no_source_file_crosses_the_layers) {
  const auto layers = documented_layers();
  const auto files = source_files();
  BOOST_TEST_REQUIRE(!files.empty());
  for (const auto& [file, text] : files)
    for (const auto& complaint : complaints(layers, file, text)) BOOST_ERROR(complaint);
}

BOOST_AUTO_TEST_CASE(every_row_names_what_is_there) {
  for (const auto& [name, room] : documented_layers()) {
    BOOST_TEST(fs::exists(fs::path(RESTORE_SOURCE_DIR) / name), name << " is not there");
    for (const auto& target : room.includes)
      BOOST_TEST(fs::exists(fs::path(RESTORE_SOURCE_DIR) / target), target << " is not there");
  }
}

// Takes away, as long as there is one, a folder that includes none of those left. A row for a
// single source file is never included.
BOOST_AUTO_TEST_CASE(the_table_has_no_cycle) {
  auto layers = documented_layers();
  std::erase_if(layers, [](const auto& row) { return fs::path(row.first).has_extension(); });
  const auto is_free = [&](const Layers::value_type& row) {
    return std::none_of(layers.begin(), layers.end(), [&](const Layers::value_type& other) {
      return other.first != row.first && is_below_any(other.first, row.second.includes);
    });
  };
  while (!layers.empty()) {
    const auto row = std::find_if(layers.begin(), layers.end(), is_free);
    BOOST_TEST_REQUIRE((row != layers.end()),
                       "a cycle holds " << layers.begin()->first << " and what it includes");
    layers.erase(row);
  }
}

// The test itself must be able to fail.
BOOST_AUTO_TEST_CASE(what_is_forbidden_is_found) {
  const Layers layers = parse_layers(
      "| folder | holds | may include | third party |\n"
      "| --- | --- | --- | --- |\n"
      "| `low` | | - | `fmt` |\n"
      "| `low/door.cpp` | | `low` | `tbb` |\n"
      "| `high` | | `low` | - |\n"
      "\n"
      "| `other` | | `high` | - |\n");
  BOOST_TEST_REQUIRE(layers.size() == 3U);
  const auto count = [&](const std::string& file, const std::string& text) {
    return complaints(layers, file, text).size();
  };
  BOOST_TEST(count("high/a.cpp", "#include \"low/b.h\"\n#include \"high/c.h\"\n") == 0U);
  BOOST_TEST(count("low/b.cpp",
                   "#include <vector>\n#include <fmt/core.h>\n#include <sys/stat.h>\n") == 0U);
  BOOST_TEST(count("low/door.cpp", "#include \"low/door.h\"\n#include <tbb/task.h>\n") == 0U);

  BOOST_TEST(count("low/b.cpp", "\n  #  include \"high/a.h\"\n") == 1U);
  BOOST_TEST(count("low/b.cpp", "#include <tbb/task.h>\n") == 1U);
  BOOST_TEST(count("high/a.cpp", "#include <fmt/core.h>\n#include <fmtx/core.h>\n") == 2U);
  BOOST_TEST(count("high/a.cpp", "#include \"a.h\"\n#include \"../low/b.h\"\n") == 2U);
  BOOST_TEST(count("elsewhere/a.cpp", "") == 1U);
}

}  // namespace
}  // namespace restore
