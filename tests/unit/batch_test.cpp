#include "librestore/run/batch.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <ATen/Parallel.h>
#include <boost/test/unit_test.hpp>
#include <unistd.h>

#include "librestore/core/interrupt.h"
#include "librestore/core/parallel.h"
#include "librestore/core/temporary_file.h"
#include "tests/support/temporary_folder.h"

namespace restore {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;
using testing::TemporaryFolder;

std::string read(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

Lines lines_of(const std::string& text) {
  Lines lines;
  for (std::size_t begin = 0, end; begin < text.size(); begin = end + 1) {
    end = text.find('\n', begin);
    BOOST_TEST_REQUIRE(end != std::string::npos);
    lines.push_back(text.substr(begin, end - begin));
  }
  return lines;
}

// Folders `in` (pictures 0.png, 1.png ... of one digit) and `out`, and what a batch printed.
class Bench {
 public:
  explicit Bench(int count) {
    fs::create_directory(folder_ / "in");
    for (int i = 0; i < count; ++i)
      write(folder_ / "in" / fmt::format("{}.png", i), std::to_string(i));
    request.tool = "restore-test";
    request.threads = 2;
    request.print = [this](const std::string& line) { out.push_back(line); };
  }

  fs::path operator/(const std::string& name) const { return folder_ / name; }

  Plan plan() const {
    return plan_items(
        {{(folder_ / "in").string()}, (folder_ / "out").string(), false, request.existing});
  }

  // Messages come out on standard error in a tool, and in `err` here.
  BatchResult run(const Plan& plan, const ItemWork& work) {
    char* text = nullptr;
    std::size_t size = 0;
    std::FILE* const stream = open_memstream(&text, &size);
    out.clear();
    const auto progress = make_progress(ProgressStyle::none, {.stream = stream});
    BatchResult result = run_batch(plan, request, *progress, work);
    std::fclose(stream);
    err = lines_of(std::string(text, size));
    std::free(text);
    return result;
  }

  // Copies, counts, and fails for what `fails` says.
  BatchResult run_copies(const std::function<void(const Item&)>& fails = {}) {
    works = 0;
    return run(plan(), [&](const Item& item) {
      ++works;
      if (fails) fails(item);
      TemporaryFile file(item.output.string());
      write(file.path(), "restored " + read(item.input));
      file.commit();
      return Json{{"residual", 1.5}};
    });
  }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  BatchRequest request;
  Lines out, err;
  std::atomic<int> works = 0;

 private:
  TemporaryFolder folder_;
};

int code_of(const BatchResult& result) { return static_cast<int>(result.code); }

Lines statuses(const BatchResult& result) {
  Lines statuses;
  for (const Json& record : result.records) statuses.push_back(record.at("status"));
  return statuses;
}

void check_statuses(const BatchResult& result, const Lines& expected) {
  BOOST_TEST(statuses(result) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_item_becomes_a_record) {
  Bench bench(3);
  const BatchResult result = bench.run_copies();
  BOOST_TEST(code_of(result) == 0);
  BOOST_TEST_REQUIRE(result.records.size() == 3U);
  const Json& record = result.records[1];
  BOOST_TEST(record.begin().key() == "input");
  BOOST_TEST(record.at("input") == bench.path("in/1.png"));
  BOOST_TEST(record.at("output") == bench.path("out/1.png"));
  BOOST_TEST(record.at("status") == "ok");
  BOOST_TEST(record.at("residual") == 1.5);
  BOOST_TEST(record.at("seconds").get<double>() >= 0);
  BOOST_TEST(read(bench / "out/1.png") == "restored 1");
  BOOST_TEST(bench.err.empty());
}

BOOST_AUTO_TEST_CASE(json_lines_keep_the_order_of_the_plan) {
  Bench bench(6);
  bench.request.json = true;
  bench.request.threads = 6;
  std::vector<std::string> finished;
  std::mutex mutex;
  // The first waits for the last but one, so that the order of finishing is another.
  std::atomic<int> ended = 0;
  bench.run(bench.plan(), [&](const Item& item) {
    write(item.output, "x");
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (item.id == "0.png" && ended < 4 && std::chrono::steady_clock::now() < limit)
      std::this_thread::yield();
    ++ended;
    const std::lock_guard lock(mutex);
    finished.push_back(item.id);
    return Json::object();
  });
  BOOST_TEST(finished.front() != "0.png");
  BOOST_TEST_REQUIRE(bench.out.size() == 6U);
  for (int i = 0; i < 6; ++i)
    BOOST_TEST(Json::parse(bench.out[static_cast<std::size_t>(i)]).at("input") ==
               bench.path(fmt::format("in/{}.png", i)));
}

BOOST_AUTO_TEST_CASE(one_line_a_picture_for_people) {
  Bench bench(1);
  bench.request.describe = [](const Json& record) {
    return fmt::format("residual {} sigma", record.at("residual").get<double>());
  };
  bench.run_copies();
  BOOST_TEST_REQUIRE(bench.out.size() == 1U);
  const std::string begin =
      bench.path("in/0.png") + " -> " + bench.path("out/0.png") + ": residual 1.5 sigma, ";
  BOOST_TEST(bench.out[0].starts_with(begin), bench.out[0]);
  BOOST_TEST(bench.out[0].ends_with(" s"), bench.out[0]);
}

BOOST_AUTO_TEST_CASE(quiet_prints_failures_only) {
  Bench bench(2);
  bench.request.quiet = true;
  bench.run_copies([](const Item& item) {
    if (item.id == "1.png") throw item_error("truncated");
  });
  BOOST_TEST(bench.out.empty());
  BOOST_TEST(bench.err.size() == 1U);
}

BOOST_AUTO_TEST_CASE(one_bad_item_stops_nobody) {
  Bench bench(5);
  const BatchResult result = bench.run_copies([](const Item& item) {
    if (item.id == "1.png") throw item_error("{}: truncated PNG", item.input.string());
    if (item.id == "2.png") throw std::runtime_error("CUDA is sad\nException raised from ...");
    if (item.id == "3.png") throw std::bad_alloc();
  });
  BOOST_TEST(code_of(result) == 1);
  check_statuses(result, {"ok", "failed", "failed", "failed", "ok"});
  BOOST_TEST(result.records[1].at("error") == bench.path("in/1.png") + ": truncated PNG");
  BOOST_TEST(result.records[2].at("error") == bench.path("in/2.png") + ": CUDA is sad");
  BOOST_TEST(result.records[3].at("error").get<std::string>().find("out of memory") !=
             std::string::npos);
  BOOST_TEST(!result.records[1].contains("seconds"));
  BOOST_TEST(bench.err.size() == 3U);
  for (const std::string& line : bench.err)
    BOOST_TEST(line.starts_with("restore-test: " + bench.path("in/")), line);
}

BOOST_AUTO_TEST_CASE(a_missing_input_fails_alone) {
  Bench bench(1);
  const Plan plan =
      plan_items({{bench.path("none.png"), bench.path("in/0.png")}, bench.path("out")});
  const BatchResult result = bench.run(plan, [](const Item& item) {
    write(item.output, "x");
    return Json::object();
  });
  BOOST_TEST(code_of(result) == 1);
  check_statuses(result, {"ok", "failed"});
  BOOST_TEST(
      bench.err == (Lines{"restore-test: " + bench.path("none.png") + ": no such file or folder"}),
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_wrong_call_is_told_from_bad_files) {
  Bench bench(3);
  const auto misuse = [](const Item&) { throw usage_error("no operator 'blurr'"); };
  BOOST_TEST(code_of(bench.run_copies(misuse)) == 2);
  BOOST_TEST(code_of(bench.run_copies([&](const Item& item) {
               if (item.id == "1.png") throw item_error("truncated");
               misuse(item);
             })) == 1);
  BOOST_TEST(code_of(bench.run_copies([&](const Item& item) {
               if (item.id != "1.png") misuse(item);
             })) == 1);
}

// What was done before says nothing about this call.
BOOST_AUTO_TEST_CASE(a_wrong_call_is_one_whatever_is_done_already) {
  Bench bench(3);
  bench.request.existing = Existing::skip_done;
  bench.run_copies();
  for (const char* name : {"in/1.png", "in/2.png"}) write(bench / name, "new");
  const auto result =
      bench.run_copies([](const Item&) { throw usage_error("no operator 'blurr'"); });
  check_statuses(result, {"skipped", "failed", "failed"});
  BOOST_TEST(code_of(result) == 2);
}

BOOST_AUTO_TEST_CASE(a_dry_run_touches_nothing) {
  Bench bench(2);
  bench.request.threads = 1;  // lines for people come as items end
  bench.request.dry_run = true;
  const BatchResult result = bench.run_copies();
  BOOST_TEST(code_of(result) == 0);
  BOOST_TEST(bench.works == 0);
  check_statuses(result, {"planned", "planned"});
  BOOST_TEST(!fs::exists(bench / "out"));
  BOOST_TEST(bench.out.front() == bench.path("in/0.png") + " -> " + bench.path("out/0.png"));
}

BOOST_AUTO_TEST_CASE(verified_outputs_are_skipped) {
  Bench bench(4);
  bench.request.threads = 1;
  bench.run_copies();
  bench.request.existing = Existing::skip_done;
  BatchResult result = bench.run_copies();
  BOOST_TEST(code_of(result) == 0);
  BOOST_TEST(bench.works == 0);
  check_statuses(result, {"skipped", "skipped", "skipped", "skipped"});
  BOOST_TEST(bench.out.front() == bench.path("in/0.png") + ": done already");

  write(bench / "in/0.png", "new");       // another input
  write(bench / "out/1.png", "damaged");  // another output
  fs::remove(bench / "out/2.png");        // none
  bench.request.dry_run = true;
  check_statuses(bench.run_copies(), {"planned", "planned", "planned", "skipped"});
  bench.request.dry_run = false;
  check_statuses(bench.run_copies(), {"ok", "ok", "ok", "skipped"});
  BOOST_TEST(read(bench / "out/0.png") == "restored new");
  BOOST_TEST(read(bench / "out/1.png") == "restored 1");

  bench.request.parameters["steps"] = 7;
  check_statuses(bench.run_copies(), {"ok", "ok", "ok", "ok"});
  check_statuses(bench.run_copies(), {"skipped", "skipped", "skipped", "skipped"});
}

// What is drawn from random numbers alone: its output names it, its parameters decide it.
BOOST_AUTO_TEST_CASE(an_item_may_have_no_input) {
  Bench bench(0);
  bench.request.existing = Existing::skip_done;
  const Plan plan{{{.id = "a", .input = {}, .output = bench / "out/a"},
                   {.id = "b", .input = {}, .output = bench / "out/b"}},
                  bench / "out",
                  true};
  const auto draw = [&](const Item& item) {
    if (item.id == "b") throw std::runtime_error("no");
    write(item.output, "x");
    return Json::object();
  };
  const BatchResult first = bench.run(plan, draw);
  check_statuses(first, {"ok", "failed"});
  BOOST_TEST(!first.records[0].contains("input"));
  BOOST_TEST_REQUIRE(bench.err.size() == 1U);
  BOOST_TEST(bench.err[0] == "restore-test: " + bench.path("out/b") + ": no");
  check_statuses(bench.run(plan, draw), {"skipped", "failed"});
  BOOST_TEST_REQUIRE(bench.out.size() == 1U);
  BOOST_TEST(bench.out[0] == bench.path("out/a") + ": done already");
  bench.request.parameters["seed"] = 1;
  check_statuses(bench.run(plan, draw), {"ok", "failed"});
  BOOST_TEST_REQUIRE(bench.out.size() == 1U);
  BOOST_TEST(bench.out[0].starts_with(bench.path("out/a") + ": 0."), bench.out[0]);
}

BOOST_AUTO_TEST_CASE(what_else_is_read_counts_too) {
  Bench bench(1);
  write(bench / "mask.png", "mask");
  bench.request.existing = Existing::skip_done;
  const auto run = [&] {
    Plan plan = bench.plan();
    plan.items[0].also_reads = {bench / "mask.png"};
    return bench.run(plan, [](const Item& item) {
      write(item.output, "x");
      return Json::object();
    });
  };
  check_statuses(run(), {"ok"});
  check_statuses(run(), {"skipped"});
  write(bench / "mask.png", "another mask");
  check_statuses(run(), {"ok"});
}

BOOST_AUTO_TEST_CASE(foreign_outputs_are_not_replaced_unasked) {
  Bench bench(2);
  fs::create_directory(bench / "out");
  write(bench / "out/1.png", "precious");
  bench.request.existing = Existing::skip_done;
  const BatchResult result = bench.run_copies();
  BOOST_TEST(code_of(result) == 1);
  check_statuses(result, {"ok", "failed"});
  BOOST_TEST(bench.err.front().find("--overwrite") != std::string::npos, bench.err.front());
  BOOST_TEST(read(bench / "out/1.png") == "precious");
  bench.request.existing = Existing::overwrite;
  check_statuses(bench.run_copies(), {"ok", "ok"});
  BOOST_TEST(read(bench / "out/1.png") == "restored 1");
}

// What goes beside an output is made by us, or it is somebody's.
BOOST_AUTO_TEST_CASE(what_lies_beside_an_output_is_looked_at_too) {
  Bench bench(1);
  bench.request.existing = Existing::skip_done;
  const auto run = [&](const std::string& side) {
    Plan plan = bench.plan();
    plan.items[0].also_writes = {bench / side};
    return bench.run(plan, [](const Item& item) {
      write(item.also_writes[0], "map");
      write(item.output, "x");
      return Json::object();
    });
  };
  check_statuses(run("map.exr"), {"ok"});
  check_statuses(run("map.exr"), {"skipped"});
  write(bench / "map.exr", "damaged");
  check_statuses(run("map.exr"), {"ok"});
  write(bench / "mine.exr", "precious");
  check_statuses(run("mine.exr"), {"failed"});
  BOOST_TEST(bench.err.front().find("mine.exr: exists") != std::string::npos, bench.err.front());
  BOOST_TEST(read(bench / "mine.exr") == "precious");
  fs::remove(bench / "mine.exr");
  check_statuses(run("mine.exr"), {"ok"});
}

// Twice the same call must not hope for ever.
BOOST_AUTO_TEST_CASE(a_failure_over_an_older_output_is_a_failure) {
  Bench bench(1);
  bench.run_copies();
  bench.request.existing = Existing::skip_done;
  bench.request.parameters["steps"] = 7;
  bench.run_copies([](const Item&) { throw item_error("no"); });
  BOOST_TEST(RunLog(bench / "out").has_failed(bench / "out/0.png"));
  check_statuses(bench.run_copies(), {"ok"});
  BOOST_TEST(!RunLog(bench / "out").has_failed(bench / "out/0.png"));
}

BOOST_AUTO_TEST_CASE(a_failed_redo_leaves_the_output_ours) {
  Bench bench(1);
  bench.run_copies();
  bench.request.existing = Existing::skip_done;
  bench.request.parameters["steps"] = 7;
  check_statuses(bench.run_copies([](const Item&) { throw item_error("disk full"); }), {"failed"});
  check_statuses(bench.run_copies(), {"ok"});
}

BOOST_AUTO_TEST_CASE(a_failure_claims_nothing) {
  Bench bench(1);
  check_statuses(bench.run_copies([](const Item&) { throw item_error("truncated"); }), {"failed"});
  write(bench / "out/0.png", "by another program");
  bench.request.existing = Existing::skip_done;
  check_statuses(bench.run_copies(), {"failed"});
  BOOST_TEST(read(bench / "out/0.png") == "by another program");
}

// Planned when nothing was there, ready when another program's file is.
BOOST_AUTO_TEST_CASE(what_comes_to_exist_meanwhile_is_kept_and_not_ours) {
  Bench bench(2);
  const auto work = [](const Item& item) {
    TemporaryFile file(item.output.string());
    file.append("restored");
    if (item.id == "0.png") write(item.output, "another's");
    file.commit(IfExists::fail);
    return Json::object();
  };
  check_statuses(bench.run(bench.plan(), work), {"failed", "ok"});
  BOOST_TEST_REQUIRE(bench.err.size() == 1U);
  BOOST_TEST(bench.err[0].find("out/0.png: has come to exist") != std::string::npos, bench.err[0]);
  BOOST_TEST(read(bench / "out/0.png") == "another's");
  bench.request.existing = Existing::skip_done;
  check_statuses(bench.run_copies(), {"failed", "skipped"});
  BOOST_TEST(read(bench / "out/0.png") == "another's");
}

BOOST_AUTO_TEST_CASE(names_cannot_command_the_terminal) {
  Bench bench(0);
  write(bench / "in/a\x1b[2J.png", "a");
  bench.run_copies();
  BOOST_TEST_REQUIRE(bench.out.size() == 1U);
  BOOST_TEST(bench.out[0].find("in/a\\x1b[2J.png -> ") != std::string::npos, bench.out[0]);
  BOOST_TEST(bench.out[0].find('\x1b') == std::string::npos);
  BOOST_TEST(fs::exists(bench / "out/a\x1b[2J.png"));
}

// A name may hold a line's end, and the cause comes behind it; bytes that are no UTF-8 are hashed.
BOOST_AUTO_TEST_CASE(odd_names_keep_their_causes) {
  Bench bench(0);
  write(bench / "in/new\nline.png", "a");
  bench.request.parameters["kernel"] = "k\xf6rn.txt";
  const auto result =
      bench.run_copies([](const Item& item) { throw item_error("{}: no", item.input.string()); });
  check_statuses(result, {"failed"});
  BOOST_TEST_REQUIRE(bench.err.size() == 1U);
  BOOST_TEST(bench.err[0].ends_with("new\\x0aline.png: no"), bench.err[0]);
}

BOOST_AUTO_TEST_CASE(a_single_picture_leaves_no_log) {
  Bench bench(1);
  const auto run = [&](Existing existing) {
    bench.request.existing = existing;
    return bench.run(
        plan_items({{bench.path("in/0.png")}, bench.path("result.png"), false, existing}),
        [](const Item& item) {
          write(item.output, "x");
          return Json::object();
        });
  };
  check_statuses(run(Existing::refuse), {"ok"});
  BOOST_TEST(!fs::exists(bench / ".restore-log.jsonl"));
  check_statuses(run(Existing::overwrite), {"ok"});
  BOOST_TEST(!fs::exists(bench / ".restore-log.jsonl"));
  fs::remove(bench / "result.png");
  // Whoever asks for it gets one, so that the next call knows.
  check_statuses(run(Existing::skip_done), {"ok"});
  check_statuses(run(Existing::skip_done), {"skipped"});
}

// One failure, told in one line, and no work.
void check_refused_early(Bench& bench, const std::string& output) {
  const BatchResult result =
      bench.run(plan_items({{bench.path("in/0.png")}, output}), [&](const Item&) {
        ++bench.works;
        return Json::object();
      });
  BOOST_TEST(code_of(result) == 1);
  BOOST_TEST(bench.works == 0);
  BOOST_TEST(bench.err.size() == 1U);
}

BOOST_AUTO_TEST_CASE(folders_that_cannot_be_fail_before_the_work) {
  Bench bench(1);
  write(bench / "file", "no folder");
  for (const char* output : {"none/0.png", "file/0.png", "file/sub/"})
    check_refused_early(bench, bench.path(output));
}

BOOST_AUTO_TEST_CASE(folders_that_cannot_be_written_fail_before_the_work) {
  Bench bench(1);
  fs::create_directory(bench / "closed");
  fs::permissions(bench / "closed", static_cast<fs::perms>(0555));
  fs::permissions(bench.path(""), static_cast<fs::perms>(0555));
  // Permissions do not bind root.
  const bool root = geteuid() == 0;
  if (root) BOOST_TEST_REQUIRE(seteuid(65534) == 0);
  for (const char* output : {"closed/0.png", "closed/", "new/"})
    check_refused_early(bench, bench.path(output));
  if (root) BOOST_TEST_REQUIRE(seteuid(0) == 0);
}

BOOST_AUTO_TEST_CASE(a_signal_ends_the_batch_where_it_is) {
  Bench bench(6);
  bench.request.threads = 1;
  bench.request.json = true;
  const BatchResult result = bench.run_copies([](const Item& item) {
    if (item.id == "0.png") throw item_error("truncated");
    if (item.id != "2.png") return;
    set_interrupted(true);
    throw_if_interrupted();
  });
  set_interrupted(false);
  BOOST_TEST(code_of(result) == 75);
  BOOST_TEST(bench.works == 3);
  check_statuses(result, {"failed", "ok"});
  BOOST_TEST(bench.out.size() == 2U);
  BOOST_TEST(bench.err.back() ==
             "restore-test: interrupted; 1 of 6 done, --skip-existing does the rest");

  bench.request.existing = Existing::skip_done;
  const BatchResult rest = bench.run_copies();
  BOOST_TEST(code_of(rest) == 0);
  check_statuses(rest, {"ok", "skipped", "ok", "ok", "ok", "ok"});
}

BOOST_AUTO_TEST_CASE(threads_are_shared_with_libtorch) {
  Bench bench(2);
  bench.request.threads = 6;
  std::atomic<int> with_three = 0;
  bench.run(bench.plan(), [&](const Item& item) {
    with_three += at::get_num_threads() == 3;
    write(item.output, "x");
    return Json::object();
  });
  BOOST_TEST(with_three == 2);
}

}  // namespace
}  // namespace restore
