#include "librestore/report/report.h"

#include <algorithm>
#include <ctime>
#include <fstream>

#include <fmt/format.h>

#include "librestore/core/error.h"
#include "librestore/core/output_folder.h"
#include "librestore/image/thumbnail.h"
#include "librestore/report/html.h"

namespace restore {
namespace {

namespace fs = std::filesystem;

// By which a later run knows that a file is a report.
constexpr std::string_view kSignature = "<!DOCTYPE html>\n<!-- a report of restore -->\n";

// The policy forbids what a name or a message may yet bring in.
constexpr const char* kHead = R"(<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<style>
body { font: 15px/1.45 sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; color: #222; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { text-align: left; vertical-align: top; padding: .2em .8em; border-bottom: 1px solid #ddd; }
th { white-space: nowrap; }
td.text { min-width: 8em; overflow-wrap: anywhere; }
td.figure { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
tr.total td { border-top: 2px solid #222; font-weight: bold; }
h2 { font-size: 1.05em; margin: 2em 0 .4em; overflow-wrap: anywhere; }
.views { display: flex; flex-wrap: wrap; gap: 1em; }
figure { margin: 0; width: 320px; }
figcaption { color: #555; overflow-wrap: anywhere; }
.enlarged { image-rendering: pixelated; }
.failed, .remark { color: #a30; }
@media print { section { break-inside: avoid; } }
</style>
)";

bool is_report(const fs::path& file) {
  std::string begin(kSignature.size(), '\0');
  std::ifstream stream(file, std::ios::binary);
  return stream.read(begin.data(), static_cast<std::streamsize>(begin.size())) &&
         begin == kSignature;
}

void check_place(const fs::path& file, Existing existing) {
  if (file.extension() != ".html")
    throw usage_error("--report {}: the report is a page; name it FILE.html", file.string());
  if (!fs::exists(fs::symlink_status(file))) return;
  if (existing == Existing::refuse)
    throw usage_error("--report {}: exists; --overwrite replaces it", file.string());
  if (existing == Existing::skip_done && !is_report(file))
    throw usage_error("--report {}: exists and is no report; --overwrite replaces it",
                      file.string());
}

std::string time_text(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm local{};
  localtime_r(&seconds, &local);
  char text[40];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %z", &local)};
}

// Small pictures are shown with every pixel as a square.
std::string image_html(const torch::Tensor& picture, const std::string& caption) {
  const auto height = picture.size(2), width = picture.size(3);
  const auto times = std::max<std::int64_t>(kThumbnailSide / std::max(height, width), 1);
  return fmt::format("<img src=\"{}\" alt=\"{}\" width=\"{}\" height=\"{}\"{}>", jpeg_url(picture),
                     html_escaped(caption), width * times, height * times,
                     times > 1 ? " class=\"enlarged\"" : "");
}

std::string view_html(const View& view) {
  std::string shown;
  try {
    shown = image_html(view.picture(), view.caption);
  } catch (const Error& error) {
    shown = fmt::format("<span class=\"remark\">not shown: {}</span>", html_escaped(error.what()));
  }
  return fmt::format("<figure>{}<figcaption>{}</figcaption></figure>\n", shown,
                     html_escaped(view.caption));
}

bool says_nothing(const Json& value) {
  return value.is_null() || value == false || value == "" ||
         (value.is_structured() && value.empty());
}

std::string list_row(const std::string& name, const std::string& html) {
  return fmt::format("<tr><th>{}</th><td class=\"text\">{}</td></tr>\n", html_escaped(name), html);
}

std::string words(std::string key) {
  std::replace(key.begin(), key.end(), '_', ' ');
  return key;
}

}  // namespace

Report::Report(fs::path file, Existing existing, std::vector<ReportColumn> columns)
    : file_(std::move(file)),
      if_exists_(existing == Existing::refuse ? IfExists::fail : IfExists::replace),
      columns_(std::move(columns)) {
  check_place(file_, existing);
  make_folder_of(file_);
  remove_abandoned_files({file_.string()});
}

std::vector<std::string> Report::cells_of(const Json& record) const {
  std::vector<std::string> cells;
  for (const auto& column : columns_)
    cells.push_back(record.contains(column.key) ? html_of(record[column.key]) : "");
  return cells;
}

void Report::add(std::size_t place, const std::string& name, const std::string& fate,
                 const Json& record, const std::vector<View>& views) {
  Entry entry{name, fate, cells_of(record), {}, {}};
  for (const char* key : {"error", "remark"})
    if (record.contains(key))
      entry.remark += (entry.remark.empty() ? "" : "; ") + html_of(record[key]);
  if (place < kReportedPictures)
    for (const auto& view : views) entry.views += view_html(view);
  const std::lock_guard lock(mutex_);
  entries_[place] = std::move(entry);
}

void Report::add_total(const std::string& name, const Json& record) {
  const std::lock_guard lock(mutex_);
  totals_.push_back({name, "", cells_of(record), {}, {}});
}

std::string Report::table() const {
  std::string html = "<table>\n<tr><th>item</th><th></th>";
  std::vector<std::size_t> used;  // columns that any record fills
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const auto fills = [i](const auto& entry) { return !entry.second.cells[i].empty(); };
    if (!std::any_of(entries_.begin(), entries_.end(), fills)) continue;
    used.push_back(i);
    html += fmt::format("<th>{}</th>", html_escaped(columns_[i].heading));
  }
  html += "<th></th></tr>\n";
  const auto add_row = [&](const Entry& entry, const std::string& name, const std::string& row) {
    html +=
        fmt::format("<tr{}><td class=\"text\">{}</td><td{}>{}</td>", row, name,
                    entry.fate == "failed" ? " class=\"failed\"" : "", html_escaped(entry.fate));
    // What has no figures has room for what went wrong.
    const auto says = [&](std::size_t i) { return !entry.cells[i].empty(); };
    const bool figures = std::any_of(used.begin(), used.end(), says);
    for (std::size_t i = 0; figures && i < used.size(); ++i)
      html += fmt::format("<td class=\"figure\">{}</td>", entry.cells[used[i]]);
    html += fmt::format("<td class=\"text remark\" colspan=\"{}\">{}</td></tr>\n",
                        figures ? 1 : used.size() + 1, entry.remark);
  };
  for (const auto& [place, entry] : entries_) {
    const auto name = html_escaped(entry.name);
    const auto link = fmt::format("<a href=\"#item{}\">{}</a>", place, name);
    add_row(entry, entry.views.empty() ? name : link, "");
  }
  for (const auto& total : totals_) add_row(total, html_escaped(total.name), " class=\"total\"");
  return html + "</table>\n";
}

std::string Report::page(const std::string& tool, const Json& about, std::size_t planned) const {
  std::map<std::string, std::size_t> fates;
  for (const auto& [place, entry] : entries_) ++fates[entry.fate];
  std::string counts;
  for (const auto& [fate, count] : fates)
    counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", count, html_escaped(fate));
  if (entries_.size() < planned)
    counts += fmt::format("{}interrupted: {} of {} not done", counts.empty() ? "" : "; ",
                          planned - entries_.size(), planned);
  const std::chrono::duration<double> seconds = std::chrono::system_clock::now() - start_;
  std::string html(kSignature);
  html += fmt::format("{0}<title>{1}</title></head>\n<body>\n<h1>{1}</h1>\n<table>\n", kHead,
                      html_escaped(tool));
  html += list_row("outcome", counts);
  html += list_row("when", fmt::format("{}, {:.1f} s", time_text(start_), seconds.count()));
  for (const auto& [key, value] : about.items())
    if (!says_nothing(value)) html += list_row(words(key), html_of(value));
  html += "</table>\n";
  html += table();
  if (planned > kReportedPictures)
    html += fmt::format("<p>Pictures are shown for the first {} of {} items.</p>\n",
                        kReportedPictures, planned);
  for (const auto& [place, entry] : entries_)
    if (!entry.views.empty())
      html += fmt::format(
          "<section id=\"item{}\"><h2>{}</h2>\n<div class=\"views\">\n{}</div></section>\n", place,
          html_escaped(entry.name), entry.views);
  return html + "</body></html>\n";
}

void Report::write(const std::string& tool, const Json& about, std::size_t planned) const {
  const std::lock_guard lock(mutex_);
  write_atomically(file_.string(), {page(tool, about, planned)}, if_exists_);
}

}  // namespace restore
