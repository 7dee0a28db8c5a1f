// Jobs beside pictures (librestore/run/job.h) and the paths inside operator expressions.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "librestore/run/job.h"

namespace restore {

// The files that an expression reads (masks, kernels); relative paths in it are relative to `base`.
// Usage error when it is no expression.
std::vector<std::filesystem::path> expression_files(const std::string& expression,
                                                    const std::filesystem::path& base = {});

// The same expression with those paths written relative to `new_base`.
std::string rebase_expression(const std::string& expression, const std::filesystem::path& base,
                              const std::filesystem::path& new_base);

// Item error unless a picture has the size that its job tells.
void check_size(const Shape& picture, const Shape& told);

// The same expression with those paths, and others in it, without their folders: for what is shown
// to everybody.
std::string without_folders(const std::string& expression);

// --job: one job for all pictures, or a folder with a job of each picture's stem.
class Jobs {
 public:
  // Reads a single file at once. Usage error when the path is not there.
  explicit Jobs(const std::string& path);

  // The job file of `picture`, in a folder first looked for below `relative`. Item error when there
  // is none.
  std::filesystem::path find(const std::filesystem::path& picture,
                             const std::filesystem::path& relative) const;
  // The one job for all pictures; empty for a folder.
  const std::optional<Job>& shared() const { return shared_; }
  // Of a folder; item error where the file cannot be used, which is its picture's matter alone.
  Job read(const std::filesystem::path& file) const;
  // The jobs in the folder and below it, or the one, with their files; what else is there is passed
  // over.
  std::vector<std::pair<std::filesystem::path, Job>> all() const;

 private:
  std::filesystem::path path_;
  std::optional<Job> shared_;
};

}  // namespace restore
