// How a measurement came about: the JSON file that restore-degrade writes beside it (`y.json`
// beside `y.png`), and from which a tool knows what to undo.
//
//   {"version": 1, "operator": "blur(gaussian:1.6)", "noise": "0.01", "seed": 0,
//    "scene": [3, 480, 640], "measurement": [3, 466, 626], "reference": "x.png", "id": "sub/x.png"}
//
// `reference` and `id` are optional; paths in `reference` and in `operator` are relative to the job
// file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "librestore/core/temporary_file.h"
#include "librestore/model/shape.h"

namespace restore {

struct Job {
  std::string operator_expression;  // as operators/factory.h reads it
  std::string noise;                // as --noise takes it
  std::uint64_t seed = 0;
  Shape scene;              // C x H x W of x0
  Shape measurement;        // C x H x W of y
  std::string reference{};  // the picture that was degraded; empty: not told
  // Item::id of that picture, which the noise is keyed with, where it was one of a tree; empty: its
  // file name.
  std::string id{};

  bool operator==(const Job&) const = default;
};

// `y.json` for `y.png`.
std::filesystem::path job_path(const std::filesystem::path& measurement);

// Usage error that names the file and the field: missing, unknown, of the wrong type or out of
// range.
Job read_job(const std::filesystem::path& path);
// Atomic; item error when it cannot be written.
void write_job(const Job& job, const std::filesystem::path& path,
               IfExists if_exists = IfExists::replace);

}  // namespace restore
