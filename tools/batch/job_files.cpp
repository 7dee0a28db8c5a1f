#include "tools/batch/job_files.h"

#include <functional>

#include <fmt/format.h>

#include "librestore/core/error.h"
#include "operators/expression/expression.h"

namespace restore {
namespace {

namespace fs = std::filesystem;
using Kind = ExpressionValue::Kind;

bool names_file(const ExpressionValue& value, const fs::path& base) {
  const bool may = value.kind == Kind::quoted || value.kind == Kind::word;
  return may && fs::is_regular_file(base / value.text);
}

// How a value is written anew.
using Spelling = std::function<std::string(const ExpressionValue&)>;

std::string as_is(const ExpressionValue& value) {
  return value.kind == Kind::quoted ? '"' + value.text + '"' : value.text;
}

std::string written(const std::vector<ExpressionCall>& calls, const Spelling& spelling);

std::string written(const ExpressionCall& call, const Spelling& spelling) {
  if (!call.branches.empty()) {
    std::vector<std::string> branches;
    for (const auto& branch : call.branches) branches.push_back(written(branch, spelling));
    return fmt::format("[{}]", fmt::join(branches, " ; "));
  }
  std::vector<std::string> arguments;
  for (const auto& [key, column, value] : call.arguments)
    arguments.push_back((key.empty() ? "" : key + "=") + spelling(value));
  if (arguments.empty()) return call.name;
  return fmt::format("{}({})", call.name, fmt::join(arguments, ", "));
}

std::string written(const std::vector<ExpressionCall>& calls, const Spelling& spelling) {
  std::vector<std::string> words;
  for (const auto& call : calls) words.push_back(written(call, spelling));
  return fmt::format("{}", fmt::join(words, " | "));
}

void add_files(const std::vector<ExpressionCall>& calls, const fs::path& base,
               std::vector<fs::path>& files) {
  for (const auto& call : calls) {
    for (const auto& argument : call.arguments)
      if (names_file(argument.value, base)) files.push_back(base / argument.value.text);
    for (const auto& branch : call.branches) add_files(branch, base, files);
  }
}

}  // namespace

std::vector<fs::path> expression_files(const std::string& expression, const fs::path& base) {
  std::vector<fs::path> files;
  add_files(parse_expression(ExpressionSource(expression)), base, files);
  return files;
}

std::string rebase_expression(const std::string& expression, const fs::path& base,
                              const fs::path& new_base) {
  return written(parse_expression(ExpressionSource(expression)), [&](const ExpressionValue& value) {
    if (!names_file(value, base)) return as_is(value);
    const auto absolute = fs::absolute(base / value.text);
    return '"' + fs::relative(absolute, fs::absolute(new_base)).generic_string() + '"';
  });
}

void check_size(const Shape& picture, const Shape& told) {
  if (picture != told)
    throw item_error("the picture is {}, but its job says {} (channels x height x width)",
                     picture.to_string(), told.to_string());
}

std::string without_folders(const std::string& expression) {
  return written(parse_expression(ExpressionSource(expression)), [](ExpressionValue value) {
    if (value.kind == Kind::quoted || value.kind == Kind::word)
      value.text = fs::path(value.text).filename().string();
    return as_is(value);
  });
}

Jobs::Jobs(const std::string& path) : path_(path) {
  if (!fs::exists(path_)) throw usage_error("--job {}: no such file or folder", path);
  if (!fs::is_directory(path_)) shared_ = read_job(path_);
}

fs::path Jobs::find(const fs::path& picture, const fs::path& relative) const {
  if (shared_) return path_;
  const auto name = job_path(picture.filename());
  for (const auto& file : {path_ / relative / name, path_ / name})
    if (fs::is_regular_file(file)) return file;
  throw item_error("{}: no job named {} in {}", picture.string(), name.string(), path_.string());
}

Job Jobs::read(const fs::path& file) const {
  if (shared_) return *shared_;
  try {
    return read_job(file);
  } catch (const Error& problem) {
    throw item_error("{}", problem.what());
  }
}

std::vector<std::pair<fs::path, Job>> Jobs::all() const {
  if (shared_) return {{path_, *shared_}};
  std::vector<std::pair<fs::path, Job>> found;
  using fs::directory_options;
  for (const auto& entry :
       fs::recursive_directory_iterator(path_, directory_options::skip_permission_denied)) {
    if (entry.path().extension() != ".json") continue;
    try {
      found.emplace_back(entry.path(), read_job(entry.path()));
    } catch (const Error&) {
      // The picture that it belongs to, if there is one, says so.
    }
  }
  return found;
}

}  // namespace restore
