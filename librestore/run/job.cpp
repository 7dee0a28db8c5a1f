#include "librestore/run/job.h"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include "librestore/core/error.h"
#include "librestore/core/json.h"

namespace restore {
namespace {

namespace fs = std::filesystem;

constexpr int kJobVersion = 1;
constexpr std::uintmax_t kLargestFile = 1 << 20;
constexpr std::int64_t kLargestSide = std::int64_t{1} << 31, kMostChannels = 4096;
// No product of sizes overflows; what a picture may have is --max-pixels.
constexpr std::int64_t kMostPixels = std::int64_t{1} << 40;

// Takes the fields of one job file and knows where they come from.
class FieldReader {
 public:
  FieldReader(const fs::path& path, const Json& json) : path_(path), json_(json) {}

  std::string text(const char* name) {
    const Json& value = field(name);
    if (!value.is_string()) fail(name, "must be a text");
    return value.get<std::string>();
  }

  std::uint64_t whole(const char* name) {
    const Json& value = field(name);
    if (!value.is_number_unsigned()) fail(name, "must be a whole number, 0 or more");
    return value.get<std::uint64_t>();
  }

  Shape shape(const char* name) {
    const Json& value = field(name);
    const auto is_side = [](const Json& side) {
      return side.is_number_unsigned() && side.get<std::uint64_t>() >= 1 &&
             side.get<std::uint64_t>() <= static_cast<std::uint64_t>(kLargestSide);
    };
    if (!value.is_array() || value.size() != 3 || !std::all_of(value.begin(), value.end(), is_side))
      fail(name, "must be [channels, height, width], each 1 or more");
    const Shape shape{value[0].get<std::int64_t>(), value[1].get<std::int64_t>(),
                      value[2].get<std::int64_t>()};
    if (shape.channels > kMostChannels || shape.height > kMostPixels / shape.width)
      fail(name, "is larger than any picture");
    return shape;
  }

  bool has(const char* name) const { return json_.contains(name); }

  // A misspelt field would otherwise be a wish that nobody hears.
  void check_nothing_left() const {
    for (const auto& [name, value] : json_.items())
      if (!seen_.contains(name)) fail(name.c_str(), "is not a field of a job");
  }

  [[noreturn]] void fail(const char* name, const std::string& what) const {
    throw usage_error("{}: field '{}' {}", path_.string(), name, what);
  }

 private:
  const Json& field(const char* name) {
    const auto found = json_.find(name);
    if (found == json_.end()) fail(name, "is missing");
    seen_.insert(name);
    return *found;
  }

  const fs::path& path_;
  const Json& json_;
  std::set<std::string> seen_;
};

Json parse_file(const fs::path& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (error) throw usage_error("{}: cannot read this job: {}", path.string(), error.message());
  if (size > kLargestFile)
    throw usage_error("{}: {} bytes are too many for a job", path.string(), size);
  std::ifstream file(path);
  if (!file)
    throw usage_error("{}: cannot read this job: {}", path.string(),
                      std::generic_category().message(errno));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object())
    throw usage_error("{}: not a job (no JSON object); restore-degrade writes one", path.string());
  return json;
}

Json to_json(const Shape& shape) { return {shape.channels, shape.height, shape.width}; }

}  // namespace

fs::path job_path(const fs::path& measurement) {
  return fs::path(measurement).replace_extension(".json");
}

Job read_job(const fs::path& path) {
  const Json json = parse_file(path);
  FieldReader fields(path, json);
  if (const std::uint64_t version = fields.whole("version"); version != kJobVersion)
    fields.fail("version", fmt::format("is {}; this program reads {}", version, kJobVersion));
  Job job;
  job.operator_expression = fields.text("operator");
  job.noise = fields.text("noise");
  job.seed = fields.whole("seed");
  job.scene = fields.shape("scene");
  job.measurement = fields.shape("measurement");
  if (fields.has("reference")) job.reference = fields.text("reference");
  if (fields.has("id")) job.id = fields.text("id");
  fields.check_nothing_left();
  return job;
}

void write_job(const Job& job, const fs::path& path, IfExists if_exists) {
  Json json{{"version", kJobVersion},      {"operator", job.operator_expression},
            {"noise", job.noise},          {"seed", job.seed},
            {"scene", to_json(job.scene)}, {"measurement", to_json(job.measurement)}};
  if (!job.reference.empty()) json["reference"] = job.reference;
  if (!job.id.empty()) json["id"] = job.id;
  write_atomically(path.string(), {json.dump(2, ' ', false, Json::error_handler_t::replace), "\n"},
                   if_exists);
}

}  // namespace restore
