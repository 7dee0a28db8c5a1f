// The HTML report of a run: one file that needs neither network nor scripts, made of the records
// that --json prints. A table has a row a record; the first records also show what they are about,
// small.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <torch/types.h>

#include "librestore/core/json.h"
#include "librestore/core/temporary_file.h"
#include "librestore/run/items.h"

namespace restore {

constexpr std::int64_t kThumbnailSide = 320;  // px
constexpr std::size_t kReportedPictures =
    200;  // so many records show theirs: megabytes, not gigabytes

// A picture beside a record, asked for only where it is shown. 1 x C x h x w, sides at most
// kThumbnailSide; may throw an Error, whose line is then shown in its place.
struct View {
  std::string caption;
  std::function<torch::Tensor()> picture;
};

// What the table shows of a record.
struct ReportColumn {
  std::string key, heading;
};

class Report {
 public:
  // Usage error when `file` is not named .html, or is there and may not be replaced: with skip_done
  // and redo_others a report may, any other file only with overwrite. The folder is made and must
  // be writable (item error).
  Report(std::filesystem::path file, Existing existing, std::vector<ReportColumn> columns);

  // A record has ended: `name` of what it is about, its place in the plan, and its fate ("ok",
  // "failed" ...). Thread-safe; a place counts once.
  void add(std::size_t place, const std::string& name, const std::string& fate, const Json& record,
           const std::vector<View>& views);
  // A row below all others, such as a mean.
  void add_total(const std::string& name, const Json& record);

  // Writes the file, atomically; item error when it cannot. `about`: what the run was told, a line
  // an entry, entries that say nothing left out. `planned`: records that there should be.
  void write(const std::string& tool, const Json& about, std::size_t planned) const;

 private:
  struct Entry {
    std::string name, fate;
    std::vector<std::string> cells;  // of the columns, HTML
    std::string remark;              // HTML: what went wrong, or what a user should know
    std::string views;               // HTML of what is shown; empty: nothing
  };

  std::vector<std::string> cells_of(const Json& record) const;
  std::string page(const std::string& tool, const Json& about, std::size_t planned) const;
  std::string table() const;

  const std::filesystem::path file_;
  const IfExists if_exists_;
  const std::vector<ReportColumn> columns_;
  const std::chrono::system_clock::time_point start_ = std::chrono::system_clock::now();
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::size_t, Entry> entries_;
  std::vector<Entry> totals_;
};

}  // namespace restore
