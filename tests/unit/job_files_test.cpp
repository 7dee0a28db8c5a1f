// Paths inside operator expressions, and finding the job of a picture.
#include "tools/batch/job_files.h"

#include <fstream>

#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "tests/support/temporary_folder.h"

using namespace restore;
using restore::testing::TemporaryFolder;

namespace fs = std::filesystem;

namespace {

void touch(const fs::path& path) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << "x";
}

Job example_job() {
  return {.operator_expression = "identity",
          .noise = "0",
          .scene = {1, 4, 4},
          .measurement = {1, 4, 4}};
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_expression_names_the_files_it_reads) {
  const TemporaryFolder folder;
  touch(folder / "in/m.png");
  touch(folder / "in/a kernel.txt");
  const auto files = expression_files(
      "blur(\"a kernel.txt\", boundary=circular) | mask(m.png) | downsample(2)", folder / "in");
  BOOST_TEST_REQUIRE(files.size() == 2U);
  BOOST_TEST(files[0] == folder / "in/a kernel.txt");
  BOOST_TEST(files[1] == folder / "in/m.png");
}

BOOST_AUTO_TEST_CASE(a_rebased_expression_reads_the_same_files) {
  const TemporaryFolder folder;
  touch(folder / "in/m.png");
  touch(folder / "in/a kernel.txt");
  fs::create_directories(folder / "out/deep");
  const std::string expression = "blur(\"a kernel.txt\", boundary=circular) | mask(m.png)";
  const auto rebased = rebase_expression(expression, folder / "in", folder / "out/deep");
  const auto before = expression_files(expression, folder / "in");
  const auto after = expression_files(rebased, folder / "out/deep");
  BOOST_TEST_REQUIRE(after.size() == before.size());
  for (std::size_t i = 0; i < after.size(); ++i)
    BOOST_TEST(fs::equivalent(after[i], before[i]), rebased);
}

BOOST_AUTO_TEST_CASE(what_names_no_file_is_kept) {
  const TemporaryFolder folder;
  const std::string expression =
      "blur(gaussian:1.6,25, boundary=circular) | downsample(2, bicubic) | mask(random:0.5, "
      "seed=3)";
  BOOST_TEST(rebase_expression(expression, folder.path(), "/") == expression);
}

BOOST_AUTO_TEST_CASE(what_is_shown_to_everybody_has_no_folders) {
  BOOST_TEST(without_folders("gaussian(\"/home/ada/a map.exr\")") == "gaussian(\"a map.exr\")");
  BOOST_TEST(without_folders("[mask(../m.png) ; blur(gaussian:1.6,25)] | downsample(2)") ==
             "[mask(m.png) ; blur(gaussian:1.6,25)] | downsample(2)");
  BOOST_TEST(without_folders("auto") == "auto");
  BOOST_TEST(without_folders("2.55/255") == "2.55/255");
}

BOOST_AUTO_TEST_CASE(a_folder_of_jobs_is_searched_by_stem) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "jobs/deep");
  write_job(example_job(), folder / "jobs/a.json");
  write_job(example_job(), folder / "jobs/deep/b.json");
  const Jobs jobs((folder / "jobs").string());
  BOOST_TEST(jobs.find("elsewhere/a.png", "") == folder / "jobs/a.json");
  BOOST_TEST(jobs.find("elsewhere/deep/b.exr", "deep") == folder / "jobs/deep/b.json");
  BOOST_CHECK_THROW(jobs.find("c.png", ""), Error);
}

BOOST_AUTO_TEST_CASE(one_job_serves_all_pictures) {
  const TemporaryFolder folder;
  write_job(example_job(), folder / "y.json");
  const Jobs jobs((folder / "y.json").string());
  BOOST_TEST(jobs.find("any.png", "") == folder / "y.json");
  BOOST_TEST((jobs.read(folder / "y.json") == example_job()));
}
