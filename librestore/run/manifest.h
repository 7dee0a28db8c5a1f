// A plan on paper: what a batch is to do, written once and run by any number of processes, again
// and again, until all is done.
//
//   {"manifest": 1, "tool": "restore-deblur", "arguments": ["photos", "-o", "out", ..],
//    "folder": "/home/ada", "parameters": {..}, "output_folder": "out", "to_folder": true,
//    "items": 2, "hash": ".."}
//   {"id": "a.png", "input": "photos/a.png", "size": 31415, "hash": "..", "also_reads": [],
//    "output": "out/a.png"}
//   ..
//
// A line an item, sorted by id; `hash` in the first line is that of all other lines, so that a cut
// or edited manifest is noticed. Relative paths are relative to `folder`, in which the tool is run.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "librestore/core/json.h"
#include "librestore/run/items.h"

namespace restore {

struct Manifest {
  std::string tool;
  std::vector<std::string> arguments;
  std::filesystem::path folder;
  Json parameters;  // all that decides the results besides the files that are read
  Plan plan;        // with the items' planned hashes
};

// Fills in the planned hash of every item that can be read; the others get a problem. Stops at a
// signal with Error{ExitCode::interrupted}.
void hash_items(std::vector<Item>& items, int threads);

// Usage error when `path` exists, for a manifest is never changed.
void check_manifest_place(const std::filesystem::path& path);

// Atomic. Usage error as check_manifest_place(), and when a name is not UTF-8, which JSON cannot
// hold.
void write_manifest(const Manifest& manifest, const std::filesystem::path& path);

// Usage error when it is missing, no manifest, cut off or edited.
Manifest read_manifest(const std::filesystem::path& path);

}  // namespace restore
