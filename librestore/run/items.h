// What a call is about to do: which file becomes which. Made and checked before anything starts.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace restore {

struct Item {
  // The path below the input folder (`sub/a.png`), or the name of a file that was given itself. The
  // same however the folder was reached: what `Rng`'s image key is made from. Unique in a plan.
  std::string id;
  std::filesystem::path input;  // may be empty, in a plan that plan_items did not make
  std::filesystem::path output;
  // Other files that decide the result (a mask); the record of a finished item covers them too.
  std::vector<std::filesystem::path> also_reads{};
  // One of them: the job or mask that says what the picture has gone through; empty: there is none.
  std::filesystem::path described_by{};
  // Files that it looks at and that decide nothing, such as the scene that the result is compared
  // with; they may be missing.
  std::vector<std::filesystem::path> also_looks_at{};
  // Files that it writes besides the output: a job, a kernel, an uncertainty.
  std::vector<std::filesystem::path> also_writes{};
  // hash_files of what it reads, as it was when it was planned; empty: not told.
  std::string planned_hash{};
  // Why this item cannot even be tried (`a.png: no such file`); empty: it can.
  std::string problem{};
};

// All that an item reads: the input, if there is one, then the others.
std::vector<std::filesystem::path> files_of(const Item& item);

// All that an item writes: the output, then what goes beside it.
std::vector<std::filesystem::path> outputs_of(const Item& item);

// What to do about outputs that are there already.
enum class Existing {
  refuse,
  overwrite,
  skip_done,    // leave what a verified record says is done (run_log.h), do the rest
  redo_others,  // the same, but replace also what no record knows
};

struct PlanRequest {
  std::vector<std::string> inputs;  // files and folders
  std::string output;               // file or folder
  bool recursive = false;           // folders with all below them, the tree kept
  Existing existing = Existing::refuse;
};

struct Plan {
  std::vector<Item> items;       // sorted by id: the order does not depend on the file system's
  std::filesystem::path folder;  // of the outputs
  bool to_folder = false;        // the output was named as a folder
};

// The output is a folder if it exists as one, ends with '/', or the inputs are several or a folder;
// an item's output then has the item's id for its name (with the extension .png if no picture can
// be written in the input's format). From folders come pictures only, hidden files, what lies in
// the output folder and linked folders excepted; a file given itself is always taken.
//
// Throws a usage error when an output is one of the inputs (by any name: links are followed), when
// two inputs have one output, when an output exists and that is to be refused; Error{no_input} when
// nothing given can be tried.
Plan plan_items(const PlanRequest& request);

// What a call reads and writes for all of its items: weights; a report, a trace.
struct CommonFiles {
  std::vector<std::filesystem::path> reads, writes;
};

// Before anything starts, and when the items know what else they read and write: a usage error when
// a file that will be written is one that is read (by any name), when two would be written to one
// place, or when a file of also_writes exists and that is to be refused.
void check_files(const Plan& plan, Existing existing, const CommonFiles& common = {});

}  // namespace restore
