#include "librestore/run/run_log.h"

#include <cerrno>
#include <fstream>

#include <fcntl.h>
#include <unistd.h>

#include "librestore/core/error.h"
#include "librestore/run/file_hash.h"

namespace restore {
namespace {

namespace fs = std::filesystem;

// One line; bytes of a file name that are not UTF-8 become U+FFFD, for JSON cannot hold them.
std::string to_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string text_of(const Json& record, const char* field) {
  const auto found = record.find(field);
  return found != record.end() && found->is_string() ? found->get<std::string>() : "";
}

Json to_json(const Fingerprints& fingerprints) {
  return {{"input_hash", fingerprints.input},
          {"parameters_hash", fingerprints.parameters},
          {"output_hash", fingerprints.output}};
}

// A crash may have left half a line; what follows must not be glued to it.
bool ends_inside_a_line(int descriptor) {
  const off_t size = lseek(descriptor, 0, SEEK_END);
  char last = '\n';
  return size > 0 && pread(descriptor, &last, 1, size - 1) == 1 && last != '\n';
}

}  // namespace

void refuse_foreign(const fs::path& path) {
  std::error_code ignored;
  if (fs::exists(fs::symlink_status(path, ignored)))
    throw item_error(
        "{}: exists, and no record says that it was made here; --overwrite replaces it",
        path.string());
}

RunLog::RunLog(const fs::path& folder) : folder_(folder), path_(folder / ".restore-log.jsonl") {}

RunLog::~RunLog() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::string RunLog::name_of(const fs::path& output) const {
  // What goes beside an output may lie elsewhere, and be told so in another way.
  const auto whole = [](const fs::path& path) { return fs::absolute(path).lexically_normal(); };
  return whole(output).lexically_relative(whole(folder_ / "")).generic_string();
}

void RunLog::read_news() const {
  std::ifstream file(path_, std::ios::binary);
  if (!file) {
    if (errno == ENOENT) return;
    throw file_error(path_, "cannot read", errno);
  }
  file.seekg(read_bytes_);
  for (std::string line; std::getline(file, line);) {
    read_line(line);
    // A line without its end is read again: it may still be growing.
    if (!file.eof()) read_bytes_ += static_cast<std::streamoff>(line.size()) + 1;
  }
  if (file.bad()) throw file_error(path_, "cannot read", errno);
}

RunLog::Entry RunLog::entry_of(const fs::path& output) const {
  const std::lock_guard lock(read_mutex_);
  read_news();
  const auto found = entries_.find(to_line(name_of(output)));
  return found == entries_.end() ? Entry() : found->second;
}

void RunLog::read_line(const std::string& line) const {
  const Json record = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!record.is_object()) return;
  const std::string output = text_of(record, "output"), status = text_of(record, "status");
  if (output.empty()) return;
  Entry entry;
  entry.fingerprints = {text_of(record, "input_hash"), text_of(record, "parameters_hash"),
                        text_of(record, "output_hash")};
  entry.failed = status == "failed";
  entry.ours = status == "done" || status == "started" || record.contains("ours");
  entry.done = entry.ours && !entry.fingerprints.output.empty();
  entries_[to_line(output)] = entry;
}

OutputState RunLog::state(const fs::path& output, const Fingerprints& now) const {
  if (!fs::exists(fs::symlink_status(output))) return OutputState::absent;
  const Entry entry = entry_of(output);
  if (!entry.ours) return OutputState::foreign;
  const bool verified = entry.done && entry.fingerprints.input == now.input &&
                        entry.fingerprints.parameters == now.parameters &&
                        entry.fingerprints.output == hash_files({output});
  return verified ? OutputState::done : OutputState::stale;
}

bool RunLog::is_ours(const fs::path& output) const { return entry_of(output).ours; }

bool RunLog::has_failed(const fs::path& output) const { return entry_of(output).failed; }

void RunLog::append(const Json& event) {
  const std::lock_guard lock(append_mutex_);
  std::string line = to_line(event) + "\n";
  if (descriptor_ < 0) {
    descriptor_ = open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor_ < 0) throw file_error(path_, "cannot write", errno);
    inside_a_line_ = ends_inside_a_line(descriptor_);
  }
  if (inside_a_line_) line = "\n" + line;
  const ssize_t written = write(descriptor_, line.data(), line.size());
  if (written < 0) throw file_error(path_, "cannot write", errno);
  inside_a_line_ = static_cast<std::size_t>(written) != line.size();
  if (inside_a_line_) throw file_error(path_, "cannot write", ENOSPC);
  if (fdatasync(descriptor_) != 0) throw file_error(path_, "cannot write", errno);
}

void RunLog::started(const fs::path& output) {
  append({{"output", name_of(output)}, {"status", "started"}});
}

void RunLog::done(const fs::path& output, const Fingerprints& fingerprints) {
  Json event{{"output", name_of(output)}, {"status", "done"}};
  event.update(to_json(fingerprints));
  append(event);
}

void RunLog::failed(const fs::path& output) {
  Json event{{"output", name_of(output)}, {"status", "failed"}};
  std::error_code ignored;
  const auto before = entry_of(output);
  if (before.ours && fs::exists(fs::symlink_status(output, ignored))) {
    event["ours"] = true;
    if (before.done) event.update(to_json(before.fingerprints));
  }
  append(event);
}

void RunLog::disowned(const fs::path& output) {
  append({{"output", name_of(output)}, {"status", "failed"}});
}

}  // namespace restore
