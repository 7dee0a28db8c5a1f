#include "librestore/run/job.h"

#include <fstream>
#include <iterator>
#include <string>

#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/core/json.h"
#include "tests/support/temporary_folder.h"

namespace restore {
namespace {

namespace fs = std::filesystem;
using testing::TemporaryFolder;

Job example() {
  return {.operator_expression = "blur(gaussian:1.6) | downsample(2)",
          .noise = "0.01",
          .seed = 18446744073709551615U,  // the largest: no double on the way
          .scene = {3, 480, 642},
          .measurement = {3, 240, 321},
          .reference = "x.png"};
}

Json example_json() {
  return Json::parse(R"({"version": 1, "operator": "identity", "noise": "0.1", "seed": 0,
    "scene": [1, 4, 5], "measurement": [1, 4, 5], "reference": "x.png"})");
}

void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// The message of the usage error that reading a file of this text must throw.
std::string refusal(const std::string& text) {
  const TemporaryFolder folder;
  const fs::path path = folder / "y.json";
  write(path, text);
  try {
    read_job(path);
  } catch (const Error& error) {
    BOOST_CHECK(error.code() == ExitCode::usage);
    const std::string message = error.what();
    BOOST_TEST(message.starts_with(path.string() + ": "), message);
    return message;
  }
  BOOST_ERROR("the job was accepted: " << text);
  return "";
}

std::string refusal_of(const char* field, const Json& value) {
  Json json = example_json();
  json[field] = value;
  return refusal(json.dump());
}

BOOST_AUTO_TEST_CASE(a_job_lies_beside_its_measurement) {
  BOOST_TEST(job_path("out/y.png") == "out/y.json");
  BOOST_TEST(job_path("out/y.2.exr") == "out/y.2.json");
}

BOOST_AUTO_TEST_CASE(what_was_written_is_read) {
  const TemporaryFolder folder;
  const fs::path path = folder / "y.json";
  Job job = example();
  write_job(job, path);
  BOOST_CHECK(read_job(path) == job);
  job.reference = "";
  job.seed = 0;
  write_job(job, path);
  BOOST_CHECK(read_job(path) == job);
}

BOOST_AUTO_TEST_CASE(the_file_is_for_people_too) {
  const TemporaryFolder folder;
  write_job(example(), folder / "y.json");
  std::ifstream file(folder / "y.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  BOOST_TEST(text.starts_with("{\n  \"version\": 1,\n  \"operator\": \"blur(gaussian:1.6) | "));
  BOOST_TEST(text.ends_with("}\n"));
  BOOST_TEST(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 1);
}

BOOST_AUTO_TEST_CASE(every_field_but_the_reference_is_needed) {
  const Json whole = example_json();
  for (const auto& [name, value] : whole.items()) {
    Json json = whole;
    json.erase(name);
    if (name == "reference") continue;
    const std::string message = refusal(json.dump());
    BOOST_TEST(contains(message, fmt::format("'{}' is missing", name)), message);
  }
}

BOOST_AUTO_TEST_CASE(fields_of_the_wrong_kind_are_named) {
  for (const char* name : {"operator", "noise", "reference"})
    for (const Json& value : {Json(3), Json(nullptr), Json::array(), Json::object()})
      BOOST_TEST(contains(refusal_of(name, value), fmt::format("'{}' must be a text", name)));
  for (const Json& value : {Json(-1), Json(0.5), Json("7"), Json(nullptr)})
    BOOST_TEST(contains(refusal_of("seed", value), "'seed' must be a whole number"));
  for (const char* name : {"scene", "measurement"})
    for (const Json& value :
         {Json("3x4x5"), Json::array({3, 4}), Json::array({3, 4, 5, 6}), Json::array({0, 4, 5}),
          Json::array({3, -4, 5}), Json::array({3, 4.5, 5}), Json::array({3, 4, 1e300}),
          Json::array({3, 4, 18446744073709551615U})})
      BOOST_TEST(contains(refusal_of(name, value), fmt::format("'{}' must be [", name)));
}

BOOST_AUTO_TEST_CASE(no_size_overflows) {
  for (const char* name : {"scene", "measurement"})
    for (const Json& value :
         {Json::array({3, 2147483648U, 2147483648U}), Json::array({5000, 4, 5})})
      BOOST_TEST(contains(refusal_of(name, value), fmt::format("'{}' is larger", name)));
}

BOOST_AUTO_TEST_CASE(values_out_of_range_are_named) {
  const std::string version = refusal_of("version", 2);
  BOOST_TEST(contains(version, "'version' is 2; this program reads 1"), version);
}

BOOST_AUTO_TEST_CASE(an_unknown_field_is_named) {
  const std::string message = refusal_of("sead", 3);
  BOOST_TEST(contains(message, "'sead' is not a field"), message);
}

BOOST_AUTO_TEST_CASE(what_is_no_job_is_refused) {
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("[1, 2]"), std::string("null"),
        std::string("\x89PNG\r\n"), std::string(1000000, '['), std::string("{\"version\": 1}}")})
    BOOST_TEST(contains(refusal(text), "not a job"));
  BOOST_TEST(contains(refusal(std::string((1 << 20) + 1, ' ')), "too many"));
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_refused) {
  const TemporaryFolder folder;
  for (const fs::path& path : {folder / "none.json", folder.path()})
    BOOST_CHECK_EXCEPTION(read_job(path), Error, [&](const Error& error) {
      return error.code() == ExitCode::usage && contains(error.what(), path.string());
    });
}

BOOST_AUTO_TEST_CASE(a_job_that_cannot_be_written_is_an_item_error) {
  const TemporaryFolder folder;
  BOOST_CHECK_EXCEPTION(write_job(example(), folder / "none/y.json"), Error,
                        [](const Error& error) { return error.code() == ExitCode::some_failed; });
}

}  // namespace
}  // namespace restore
