// A batch that can be trusted: parts, kills and broken files in between, it ends as one undisturbed
// run would.
#include <boost/test/unit_test.hpp>

#include "librestore/core/json.h"
#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

namespace fs = std::filesystem;

constexpr int kCount = 9;

void write_photos(const ToolBench& bench) {
  fs::create_directories(bench / "photos");
  for (int i = 0; i < kCount; ++i)
    write_raw(bench / "photos" / (std::to_string(10 + i) + ".png"), example_picture(60 + i, 40));
}

Words degrade(const std::string& output, const Words& more = {}) {
  Words words = {"restore-degrade", "photos", "--operator", "blur(gaussian:1)",
                 "--noise",         "0.05",   "-o",         output};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Words plan(Words call) {
  call.insert(call.begin(), {"restore-batch", "plan", "-m", "m.jsonl"});
  return call;
}

const Words kRun = {"restore-batch", "run", "-m", "m.jsonl"};

Words run(const Words& more) {
  Words words = kRun;
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// {done, failed, left}, and the exit code.
struct Status {
  int done, failed, left, code;
  bool operator==(const Status&) const = default;
};

Status status(const ToolBench& bench) {
  const auto result =
      run_restore({"restore-batch", "status", "-m", "m.jsonl", "--json"}, {.folder = bench.path()});
  BOOST_TEST(result.err == "");
  const Json record = Json::parse(result.out);
  return {record.at("done"), record.at("failed"), record.at("left"), result.exit_code};
}

// All but the record of the run, whose lines come in any order.
std::map<std::string, std::string> results(const ToolBench& bench, const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(bench / folder))
    if (entry.path().filename() != ".restore-log.jsonl")
      files[entry.path().filename().string()] = read_bytes(entry.path());
  return files;
}

BOOST_AUTO_TEST_CASE(parts_make_the_whole) {
  const ToolBench bench;
  write_photos(bench);
  bench.run_well(degrade("whole"));
  bench.run_well(plan(degrade("parts")));
  BOOST_CHECK((status(bench) == Status{0, 0, kCount, 75}));
  bench.run_well(run({"--shard", "2/3"}));
  BOOST_CHECK((status(bench) == Status{3, 0, 6, 75}));
  const ProcessOptions task{.environment = {"SLURM_ARRAY_TASK_ID=2", "SLURM_ARRAY_TASK_COUNT=3",
                                            "SLURM_ARRAY_TASK_MIN=0"}};
  BOOST_TEST(bench.run(kRun, task).exit_code == 0);
  BOOST_CHECK((status(bench) == Status{6, 0, 3, 75}));
  // Two copies of the rest at once.
  const auto both = run_process(
      {"bash", "-c", "\"$@\" & \"$@\"; code=$?; wait $! && exit $code", "bash",
       RESTORE_TOOL_DIR "/restore-batch", "run", "-m", "m.jsonl", "--progress", "none", "-q"},
      {.folder = bench.path()});
  BOOST_TEST(both.exit_code == 0, both.err);
  BOOST_CHECK((status(bench) == Status{kCount, 0, 0, 0}));
  BOOST_TEST((results(bench, "parts") == results(bench, "whole")));
}

BOOST_AUTO_TEST_CASE(damage_and_change_are_noticed) {
  const ToolBench bench;
  write_photos(bench);
  bench.run_well(plan(degrade("out")));
  bench.run_well(kRun);
  const auto before = results(bench, "out");
  write_bytes(bench / "out/10.png", "damaged");
  fs::remove(bench / "out/11.png");
  write_bytes(bench / "photos/12.png", read_bytes(bench / "photos/13.png"));
  BOOST_CHECK((status(bench) == Status{kCount - 2, 0, 2, 75}));
  const auto again = bench.run(run({"--json"}));
  BOOST_TEST(again.exit_code == static_cast<int>(ExitCode::some_failed));
  BOOST_TEST(again.err.find("photos/12.png: it, or what is read with it, has changed") !=
                 std::string::npos,
             again.err);
  BOOST_TEST(lines_of(again.err).size() == 1U, again.err);
  BOOST_TEST((results(bench, "out") == before), "the rest is as it was");
}

BOOST_AUTO_TEST_CASE(a_manifest_is_held_to) {
  const ToolBench bench;
  write_photos(bench);
  bench.run_well(plan(degrade("out")));
  const auto again = bench.run(plan(degrade("out")));
  BOOST_TEST(again.exit_code == static_cast<int>(ExitCode::usage));
  BOOST_TEST(again.err.starts_with("restore-degrade: m.jsonl: exists"), again.err);
  const std::string sound = read_bytes(bench / "m.jsonl");
  write_bytes(bench / "m.jsonl", sound.substr(0, sound.size() - 5));
  const auto refused = bench.run(kRun);
  BOOST_TEST(refused.exit_code == static_cast<int>(ExitCode::usage));
  BOOST_TEST(refused.err.find("edited or cut off") != std::string::npos, refused.err);
  write_bytes(bench / "m.jsonl", sound);
  BOOST_TEST(bench.run(run({"--strip"})).err.find("plan again") != std::string::npos);
}

// Whatever a picture fails by, status knows it and retry does it again.
BOOST_AUTO_TEST_CASE(what_has_gone_since_the_plan_has_failed) {
  const ToolBench bench;
  write_photos(bench);
  const std::string kept = read_bytes(bench / "photos/12.png");
  write_bytes(bench / "photos/99.png", "text");
  const auto planned = bench.run(plan(degrade("out")));
  BOOST_TEST(planned.exit_code == static_cast<int>(ExitCode::some_failed));
  fs::remove(bench / "photos/12.png");
  BOOST_TEST(bench.run(kRun).exit_code == static_cast<int>(ExitCode::some_failed));
  BOOST_CHECK((status(bench) == Status{kCount - 1, 2, 0, 1}));
  write_bytes(bench / "photos/12.png", kept);
  const auto again = bench.run({"restore-batch", "retry", "-m", "m.jsonl"});
  BOOST_CHECK((status(bench) == Status{kCount, 1, 0, 1}));
  BOOST_TEST(again.err.find("photos/99.png") != std::string::npos, again.err);
  BOOST_TEST(again.err.find("plan again") != std::string::npos, again.err);
}

// A picture whose job is lost is not done.
BOOST_AUTO_TEST_CASE(what_belongs_to_an_output_is_part_of_it) {
  const ToolBench bench;
  write_photos(bench);
  bench.run_well(plan(degrade("out")));
  bench.run_well(kRun);
  const auto before = results(bench, "out");
  fs::remove(bench / "out/12.json");
  BOOST_CHECK((status(bench) == Status{kCount - 1, 0, 1, 75}));
  bench.run_well(kRun);
  BOOST_TEST((results(bench, "out") == before));
  fs::remove(bench / "out/13.json");
  bench.run_well(degrade("out", {"--skip-existing"}));
  BOOST_TEST((results(bench, "out") == before));
}

BOOST_AUTO_TEST_CASE(plans_refuse_what_no_run_could_do) {
  const ToolBench bench;
  write_photos(bench);
  const auto refuse = [&](Words call, const Words& mentions) {
    call.insert(call.end(), {"--plan-to", "m.jsonl"});  // as `plan` calls a tool
    bench.check_refusal(call, ExitCode::usage, mentions);
  };
  refuse(degrade("out", {"-n"}), {"-n"});
  const Words denoise = {"restore-pnp", "photos",  "--operator", "identity", "--noise",
                         "0.05",        "--prior", "tv",         "-o",       "out"};
  auto traced = denoise;
  traced.insert(traced.end(), {"--trace", "t.json"});
  refuse(traced, {"--trace", "restore-batch run"});
  // Each part may write one over the last part's, in a folder that is made for it.
  bench.run_well(plan(denoise));
  for (const char* shard : {"1/2", "2/2"})
    bench.run_well(run({"--shard", shard, "--trace", "traces/t.json"}));
  BOOST_TEST(Json::parse(read_bytes(bench / "traces/t.json"))["pictures"].size() == kCount / 2);
  traced.push_back("--skip-existing");
  bench.run_well(traced);
  BOOST_TEST(Json::parse(read_bytes(bench / "t.json"))["pictures"].empty());
  bench.run_well(traced);
}

// Starts the batch and kills it as soon as there are `count` files.
void run_until_killed(const ToolBench& bench, const std::string& folder, int count) {
  const std::string script =
      "\"$@\" & batch=$!;"
      "until [ $(ls $FOLDER 2>/dev/null | wc -l) -ge $COUNT ]; do sleep 0.01; done;"
      "kill -KILL $batch; wait $batch";
  const auto result =
      run_process({"bash", "-c", script, "bash", RESTORE_TOOL_DIR "/restore-batch", "run", "-m",
                   "m.jsonl", "--progress", "none", "-q", "-j", "1"},
                  {.environment = {"FOLDER=" + folder, "COUNT=" + std::to_string(count)},
                   .folder = bench.path()});
  BOOST_TEST(result.exit_code != 0);
}

// kill -9: what has its name is whole, nothing half-done passes for done, and nothing temporary is
// left in the end.
BOOST_AUTO_TEST_CASE(kills_leave_no_trace) {
  const ToolBench bench;
  write_photos(bench);
  bench.run_well(degrade("undisturbed"));
  bench.run_well(plan(degrade("killed")));
  const auto expected = results(bench, "undisturbed");
  for (const int count : {1, 6, 7}) {  // a picture and its job are two files
    run_until_killed(bench, "killed", count);
    for (const auto& [name, bytes] : results(bench, "killed"))
      if (name.front() != '.') BOOST_TEST((bytes == expected.at(name)), name);
  }
  bench.run_well(kRun);
  BOOST_CHECK((status(bench) == Status{kCount, 0, 0, 0}));
  BOOST_TEST((results(bench, "killed") == expected));
}

// What is handed to sbatch, as a program of that name sees it.
BOOST_AUTO_TEST_CASE(submit_makes_a_job_array_of_the_shards) {
  const ToolBench bench;
  write_photos(bench);
  bench.run_well(plan(degrade("out")));
  fs::create_directory(bench / "bin");
  write_bytes(bench / "bin/sbatch", "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
  write_bytes(bench / "bin/scontrol", "#!/bin/sh\necho 'MaxArraySize            = 3'\n");
  for (const char* name : {"bin/sbatch", "bin/scontrol"})
    fs::permissions(bench / name, fs::perms::owner_all);
  const ProcessOptions with_slurm{
      .environment = {"PATH=" + (bench / "bin").string() + ":/usr/bin:/bin"},
      .folder = bench.path()};
  const auto words_of = [&](const Words& more) {
    Words words = {"restore-batch", "submit", "-m", "m.jsonl"};
    words.insert(words.end(), more.begin(), more.end());
    const auto result = run_restore(words, with_slurm);
    BOOST_TEST(result.exit_code == 0, result.err);
    return lines_of(result.out);
  };
  const auto words = words_of({"--items", "4", "--limit", "2", "--sbatch=--time=10", "-j", "1"});
  const auto manifest = fs::canonical(bench / "m.jsonl").string();
  const Words expected = {"--array=0-2%2",
                          "--job-name=m",
                          "--requeue",
                          "--signal=B:TERM@60",
                          "--open-mode=append",
                          "--time=10",
                          "--wrap",
                          "exec " + fs::canonical(RESTORE_TOOL_DIR "/restore-batch").string() +
                              " run -m " + manifest +
                              " --shard $((SLURM_ARRAY_TASK_ID + 1))/3 -j 1"};
  BOOST_TEST(words == expected, boost::test_tools::per_element());
  // Nine tasks would be more than the cluster's arrays hold.
  BOOST_TEST(words_of({"--items", "1"}).front() == "--array=0-2");
  BOOST_TEST(words_of({"-n"}).front().starts_with("sbatch --array=0-0 --job-name=m "));
}

}  // namespace
}  // namespace restore::testing
