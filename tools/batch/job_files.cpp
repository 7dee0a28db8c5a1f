#include "tools/batch/job_files.h"

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

std::string written(const ExpressionValue& value, const fs::path& base, const fs::path& new_base) {
  if (names_file(value, base)) {
    const auto absolute = fs::absolute(base / value.text);
    return '"' + fs::relative(absolute, fs::absolute(new_base)).generic_string() + '"';
  }
  return value.kind == Kind::quoted ? '"' + value.text + '"' : value.text;
}

std::string written(const std::vector<ExpressionCall>& calls, const fs::path& base,
                    const fs::path& new_base);

std::string written(const ExpressionCall& call, const fs::path& base, const fs::path& new_base) {
  if (!call.branches.empty()) {
    std::vector<std::string> branches;
    for (const auto& branch : call.branches) branches.push_back(written(branch, base, new_base));
    return fmt::format("[{}]", fmt::join(branches, " ; "));
  }
  std::vector<std::string> arguments;
  for (const auto& [key, column, value] : call.arguments)
    arguments.push_back((key.empty() ? "" : key + "=") + written(value, base, new_base));
  if (arguments.empty()) return call.name;
  return fmt::format("{}({})", call.name, fmt::join(arguments, ", "));
}

std::string written(const std::vector<ExpressionCall>& calls, const fs::path& base,
                    const fs::path& new_base) {
  std::vector<std::string> words;
  for (const auto& call : calls) words.push_back(written(call, base, new_base));
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
  return written(parse_expression(ExpressionSource(expression)), base, new_base);
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

Job Jobs::read(const fs::path& file) const { return shared_ ? *shared_ : read_job(file); }

std::vector<std::string> Jobs::expressions() const {
  if (shared_) return {shared_->operator_expression};
  std::vector<std::string> found;
  using fs::directory_options;
  for (const auto& entry :
       fs::recursive_directory_iterator(path_, directory_options::skip_permission_denied)) {
    if (entry.path().extension() != ".json") continue;
    try {
      found.push_back(read_job(entry.path()).operator_expression);
    } catch (const Error&) {
      // The picture that it belongs to, if there is one, says so.
    }
  }
  return found;
}

}  // namespace restore
