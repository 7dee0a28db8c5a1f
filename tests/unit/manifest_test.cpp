// Manifests are read as they were written, or not at all; shards are a partition.
#include "librestore/run/manifest.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/core/interrupt.h"
#include "librestore/run/file_hash.h"
#include "librestore/run/shard.h"
#include "tests/support/temporary_folder.h"

namespace restore::testing {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

std::string read(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Two pictures, the second with a mask, and one that is not there.
Manifest example(const TemporaryFolder& folder) {
  write(folder / "a.png", "A");
  write(folder / "b.png", "B");
  write(folder / "m.png", "M");
  Manifest manifest;
  manifest.tool = "restore-inpaint";
  manifest.arguments = {"photos", "-o", "out", "--noise=0.1 \"quoted\" \u00e4"};
  manifest.folder = folder.path();
  manifest.parameters = {{"noise", 0.1}, {"seed", 7}};
  manifest.plan.folder = "out";
  manifest.plan.to_folder = true;
  manifest.plan.items = {
      {.id = "a.png", .input = folder / "a.png", .output = "out/a.png"},
      {.id = "b.png",
       .input = folder / "b.png",
       .output = "out/b.png",
       .also_reads = {folder / "m.png"}},
      {.id = "c.png", .input = folder / "c.png", .output = "out/c.png"},
  };
  return manifest;
}

std::string message_of(const fs::path& path) {
  try {
    read_manifest(path);
  } catch (const Error& error) {
    BOOST_TEST((error.code() == ExitCode::usage));
    BOOST_TEST(std::string(error.what()).starts_with(path.string() + ": "));
    return error.what();
  }
  return {};
}

BOOST_AUTO_TEST_CASE(planning_stops_at_a_signal) {
  const TemporaryFolder folder;
  Manifest manifest = example(folder);
  set_interrupted(true);
  BOOST_CHECK_EXCEPTION(hash_items(manifest.plan.items, 1), Error,
                        [](const Error& error) { return error.code() == ExitCode::interrupted; });
  set_interrupted(false);
  for (const Item& item : manifest.plan.items) BOOST_TEST(item.problem.empty(), item.problem);
}

BOOST_AUTO_TEST_CASE(a_manifest_comes_back_as_it_was) {
  const TemporaryFolder folder;
  Manifest manifest = example(folder);
  hash_items(manifest.plan.items, 2);
  write_manifest(manifest, folder / "m.jsonl");
  const Manifest again = read_manifest(folder / "m.jsonl");
  BOOST_TEST(again.tool == manifest.tool);
  BOOST_TEST(again.arguments == manifest.arguments);
  BOOST_TEST(again.folder == manifest.folder);
  BOOST_TEST((again.parameters == manifest.parameters));
  BOOST_TEST(again.plan.folder == manifest.plan.folder);
  BOOST_TEST(again.plan.to_folder);
  BOOST_TEST_REQUIRE(again.plan.items.size() == 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    const Item &item = again.plan.items[i], &expected = manifest.plan.items[i];
    BOOST_TEST(item.id == expected.id);
    BOOST_TEST(item.input == expected.input);
    BOOST_TEST(item.output == expected.output);
    BOOST_TEST(item.planned_hash == expected.planned_hash);
    BOOST_TEST(item.problem == expected.problem);
    BOOST_TEST((item.also_reads == expected.also_reads));
  }
  BOOST_TEST(again.plan.items[1].planned_hash == hash_files({folder / "b.png", folder / "m.png"}));
  BOOST_TEST(again.plan.items[2].problem.find("No such file") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_same_plan_is_the_same_file) {
  const TemporaryFolder folder;
  for (const char* name : {"1.jsonl", "2.jsonl"}) {
    Manifest manifest = example(folder);
    hash_items(manifest.plan.items, std::string(name) == "1.jsonl" ? 1 : 2);
    write_manifest(manifest, folder / name);
  }
  BOOST_TEST(read(folder / "1.jsonl") == read(folder / "2.jsonl"));
}

BOOST_AUTO_TEST_CASE(it_is_never_replaced_and_never_taken_for_another) {
  const TemporaryFolder folder;
  Manifest manifest = example(folder);
  hash_items(manifest.plan.items, 1);
  const fs::path path = folder / "m.jsonl";
  write_manifest(manifest, path);
  BOOST_CHECK_THROW(write_manifest(manifest, path), Error);
  const std::string sound = read(path);
  // Cut anywhere, or with any byte of its items changed.
  for (std::size_t size = 0; size < sound.size(); ++size) {
    write(path, sound.substr(0, size));
    BOOST_TEST(message_of(path) != "", size);
  }
  for (std::size_t at = sound.find('\n') + 1; at < sound.size(); ++at) {
    std::string edited = sound;
    edited[at] ^= 1;
    write(path, edited);
    BOOST_TEST(message_of(path).ends_with("it was edited or cut off"), at);
  }
  write(path, "");
  BOOST_TEST(message_of(path).ends_with("it has no lines"), message_of(path));
  BOOST_TEST(message_of(folder.path()).ends_with("Is a directory"), message_of(folder.path()));
  write(path, "Dear diary,\n");
  BOOST_TEST(message_of(path).find("not a manifest") != std::string::npos);
  fs::remove(path);
  BOOST_TEST(message_of(path).find("No such file") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(shards_are_a_partition) {
  for (std::size_t count = 1; count <= 7; ++count)
    for (std::size_t item = 0; item < 20; ++item) {
      int owners = 0;
      for (std::size_t number = 1; number <= count; ++number)
        owners += parse_shard(fmt::format("{}/{}", number, count)).has(item);
      BOOST_TEST(owners == 1);
    }
  for (const char* wrong :
       {"", "1", "0/2", "3/2", "1/0", "/2", "1/", "a/b", "1/2/3", "-1/2", "1 /2"})
    BOOST_CHECK_THROW(parse_shard(wrong), Error);
}

BOOST_AUTO_TEST_CASE(slurm_says_which_shard) {
  const char* const names[] = {"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT",
                               "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_STEP"};
  const auto shard = [&](const std::vector<const char*>& values) {
    for (std::size_t i = 0; i < std::size(names); ++i)
      i < values.size() ? setenv(names[i], values[i], 1) : unsetenv(names[i]);
    return shard_of_environment();
  };
  BOOST_TEST(shard({}).count == 1U);
  BOOST_TEST(shard({"0", "8", "0"}).number == 1U);
  BOOST_TEST(shard({"7", "8", "0"}).number == 8U);
  BOOST_TEST(shard({"7", "8", "0"}).count == 8U);
  BOOST_TEST(shard({"14", "3", "10", "2"}).number == 3U);  // --array=10-14:2
  BOOST_CHECK_THROW(shard({"8", "8", "0"}), Error);
  BOOST_CHECK_THROW(shard({"x", "8", "0"}), Error);
  BOOST_CHECK_THROW(shard({"1"}), Error);
  shard({});
}

}  // namespace
}  // namespace restore::testing
