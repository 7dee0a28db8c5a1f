// Any bytes as a manifest, as a job, and as the record of a run.
#include "librestore/run/job.h"
#include "librestore/run/manifest.h"
#include "librestore/run/run_log.h"
#include "tests/fuzz/fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace restore;
  const fuzz::File file(".restore-log.jsonl", data, size);
  fuzz::expect_at_most_an_error([&] { read_manifest(file.path()); });
  fuzz::expect_at_most_an_error([&] { read_job(file.path()); });
  fuzz::expect_at_most_an_error([&] {
    std::ofstream(file.folder() / "a.png") << "x";
    RunLog(file.folder()).state(file.folder() / "a.png", {"i", "p", ""});
  });
  return 0;
}
