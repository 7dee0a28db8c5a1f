#include "librestore/run/batch.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "librestore/core/interrupt.h"
#include "librestore/core/output_folder.h"
#include "librestore/core/parallel.h"
#include "librestore/core/printable.h"
#include "librestore/core/temporary_file.h"
#include "librestore/model/threads.h"
#include "librestore/run/file_hash.h"

namespace restore {
namespace {

namespace fs = std::filesystem;

void print_line(const std::string& line) {
  const std::string text = line + "\n";
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// To people; what is made of nothing is known by what it becomes.
std::string name_of(const Item& item) {
  return (item.input.empty() ? item.output : item.input).string();
}

class Batch {
 public:
  Batch(const Plan& plan, const BatchRequest& request, Progress& progress, const ItemWork& work)
      : plan_(plan),
        request_(request),
        progress_(progress),
        work_(work),
        parameters_hash_(hash_parameters(request.parameters)),
        records_(plan.items.size()) {
    // A single picture leaves no log beside it, unless a later call is to know about it.
    if (plan.to_folder || leaves_done()) log_.emplace(plan.folder);
  }

  BatchResult run() {
    const auto count = static_cast<std::int64_t>(plan_.items.size());
    const ThreadBudget budget = budget_for(count);
    if (!request_.dry_run) remove_abandoned();
    progress_.begin(request_.tool, count);
    parallel_items(count, budget, [&](std::int64_t i) {
      if (interrupted()) return;
      set_torch_threads(request_.resources ? 1 : budget.per_item);
      run_item(static_cast<std::size_t>(i));
      if (request_.resources) request_.resources->item_ended();
    });
    progress_.end();
    return finish();
  }

 private:
  // With resources to reserve, each item may come to have all threads; they see to the sum.
  ThreadBudget budget_for(std::int64_t count) const {
    auto budget = divide_threads(request_.threads, count);
    if (request_.resources) budget.per_item = divide_threads(request_.threads, 1).per_item;
    return budget;
  }

  // What a killed run of this batch left behind.
  void remove_abandoned() const {
    std::vector<std::string> outputs;
    for (const Item& item : plan_.items)
      for (const auto& path : outputs_of(item)) outputs.push_back(path.string());
    remove_abandoned_files(outputs);
  }

  Json begin_record(const Item& item) const {
    Json record = Json::object();
    if (!item.input.empty()) record["input"] = item.input.string();
    record["output"] = item.output.string();
    return record;
  }

  void run_item(std::size_t index) {
    const Item& item = plan_.items[index];
    try {
      end_item(index, process(item));
    } catch (const Error& error) {
      if (error.code() == ExitCode::interrupted) return;
      fail(index, error.what(), error.code() == ExitCode::usage);
    } catch (const std::bad_alloc&) {
      fail(index, "out of memory; fewer threads (-j) work on fewer pictures at once", false);
    } catch (const std::exception& error) {
      // libtorch's messages go on for a screenful.
      fail(index, first_line(error.what()), false);
    }
  }

  // The work's result, or a record that it failed, for those who ask how far the batch is.
  template <typename Work>
  auto noted(const Item& item, const Work& work) {
    try {
      return work();
    } catch (const std::exception&) {
      note_failure(item);
      throw;
    }
  }

  // Everything that ends without a throw: done, skipped or planned.
  Json process(const Item& item) {
    const auto start = std::chrono::steady_clock::now();
    const auto fingerprints = noted(item, [&] { return fingerprints_of(item); });
    Json record = begin_record(item);
    if (is_done(item, fingerprints)) {
      record["status"] = "skipped";
    } else if (request_.dry_run) {
      record["status"] = "planned";
    } else {
      record["status"] = "ok";
      record.update(noted(item, [&] { return do_work(item, fingerprints); }));
      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
      record["seconds"] = std::round(seconds.count() * 1000) / 1000;
    }
    return record;
  }

  // Of what is to be read, as planned.
  Fingerprints fingerprints_of(const Item& item) const {
    if (!item.problem.empty()) throw item_error("{}", item.problem);
    Fingerprints now{needs_hash() ? hash_files(files_of(item)) : "", parameters_hash_, ""};
    if (!item.planned_hash.empty() && item.planned_hash != now.input)
      throw item_error("{}: it, or what is read with it, has changed since it was planned",
                       item.input.string());
    return now;
  }

  bool leaves_done() const {
    return request_.existing == Existing::skip_done || request_.existing == Existing::redo_others;
  }

  bool needs_hash() const { return leaves_done() || (log_ && !request_.dry_run); }

  bool is_done(const Item& item, const Fingerprints& now) const {
    if (!leaves_done()) return false;
    if (request_.existing == Existing::skip_done)
      for (const auto& path : outputs_of(item))
        if (!log_->is_ours(path)) refuse_foreign(path);
    return all_done(item, *log_, now);
  }

  Json do_work(const Item& item, Fingerprints fingerprints) {
    prepare_folder(item.output);
    if (!log_) return work_(item);
    for (const auto& path : outputs_of(item)) log_->started(path);
    Json result;
    try {
      result = work_(item);
    } catch (const NameTaken&) {
      // "started" would make ours what another has put there
      for (const auto& path : outputs_of(item)) log_->disowned(path);
      throw;
    }
    for (const auto& path : outputs_of(item)) {
      fingerprints.output = hash_files({path});
      log_->done(path, fingerprints);
    }
    return result;
  }

  void note_failure(const Item& item) {
    if (!log_ || request_.dry_run || interrupted()) return;
    try {
      log_->failed(item.output);
    } catch (const Error&) {
      // The work's own error says more than that the log could not be written either.
    }
  }

  // Says now, not after minutes of work, that nothing can be written there.
  void prepare_folder(const fs::path& output) const {
    plan_.to_folder ? make_folder_of(output) : check_folder_of(output);
  }

  void fail(std::size_t index, const std::string& message, bool usage) {
    const Item& item = plan_.items[index];
    std::string error = message;
    const auto mentions = [&](const fs::path& path) {
      return !path.empty() && error.find(path.string()) != std::string::npos;
    };
    if (!mentions(item.input) && !mentions(item.output))
      error = fmt::format("{}: {}", name_of(item), error);
    Json record = begin_record(item);
    record["status"] = "failed";
    record["error"] = error;
    progress_.message(fmt::format("{}: {}", request_.tool, error));
    {
      const std::lock_guard lock(mutex_);
      ++failed_;
      if (usage) ++usage_;
    }
    end_item(index, std::move(record));
  }

  void end_item(std::size_t index, Json record) {
    const bool ok = record["status"] != "failed";
    if (request_.ended) request_.ended(index, record);
    {
      const std::lock_guard lock(mutex_);
      ++ended_;
      if (record["status"] == "skipped") ++skipped_;
      if (!request_.json && !request_.quiet && ok)
        print(printable(line_for_people(plan_.items[index], record)));
      records_[index] = std::move(record);
      while (next_ < records_.size() && records_[next_]) print_json(*records_[next_++]);
    }
    progress_.item_done(plan_.items[index].id, ok);
  }

  std::string line_for_people(const Item& item, const Json& record) const {
    const std::string status = record["status"];
    if (status == "skipped") return fmt::format("{}: done already", name_of(item));
    const std::string both = item.input.empty()
                                 ? name_of(item)
                                 : fmt::format("{} -> {}", name_of(item), item.output.string());
    if (status == "planned") return both;
    const std::string said = request_.describe ? request_.describe(record) + ", " : "";
    return fmt::format("{}: {}{:.2f} s", both, said, record["seconds"].get<double>());
  }

  void print_json(const Json& record) {
    if (request_.json) print(record.dump(-1, ' ', false, Json::error_handler_t::replace));
  }

  void print(const std::string& line) {
    progress_.aside([&] { request_.print ? request_.print(line) : print_line(line); });
  }

  BatchResult finish() {
    BatchResult result;
    for (; next_ < records_.size(); ++next_)
      if (records_[next_]) print_json(*records_[next_]);
    for (auto& record : records_)
      if (record) result.records.push_back(std::move(*record));
    result.code = code();
    if (result.code == ExitCode::interrupted)
      progress_.message(fmt::format("{}: interrupted; {} of {} done{}", request_.tool,
                                    ended_ - failed_, records_.size(),
                                    log_ ? ", " + request_.resume : ""));
    return result;
  }

  ExitCode code() const {
    if (ended_ < records_.size()) return ExitCode::interrupted;
    if (failed_ == 0) return ExitCode::ok;
    return usage_ == ended_ - skipped_ ? ExitCode::usage : ExitCode::some_failed;
  }

  const Plan& plan_;
  const BatchRequest& request_;
  Progress& progress_;
  const ItemWork& work_;
  const std::string parameters_hash_;
  std::optional<RunLog> log_;

  std::mutex mutex_;  // guards what follows
  std::vector<std::optional<Json>> records_;
  std::size_t next_ = 0;  // the first record that has not been printed
  std::size_t ended_ = 0, failed_ = 0, usage_ = 0, skipped_ = 0;
};

}  // namespace

std::string hash_parameters(const Json& parameters) {
  // Names of files need not be UTF-8; their contents are hashed with the inputs.
  return hash_text(parameters.dump(-1, ' ', false, Json::error_handler_t::replace));
}

bool all_done(const Item& item, const RunLog& log, const Fingerprints& now) {
  const auto outputs = outputs_of(item);
  return std::all_of(outputs.begin(), outputs.end(), [&](const fs::path& path) {
    return log.state(path, now) == OutputState::done;
  });
}

BatchResult run_batch(const Plan& plan, const BatchRequest& request, Progress& progress,
                      const ItemWork& work) {
  return Batch(plan, request, progress, work).run();
}

}  // namespace restore
