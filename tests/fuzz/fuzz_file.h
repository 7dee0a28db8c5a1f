// For targets whose readers take files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

#include "librestore/core/error.h"

namespace restore::fuzz {

// The bytes as a file of this name, in a folder of this process.
class File {
 public:
  File(const std::string& name, const std::uint8_t* data, std::size_t size)
      : folder_(std::filesystem::temp_directory_path() /
                ("restore-fuzz-" + std::to_string(getpid()))),
        path_(folder_ / name) {
    std::filesystem::create_directories(folder_);
    std::ofstream(path_, std::ios::binary) << std::string(data, data + size);
  }
  ~File() { std::filesystem::remove_all(folder_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  const std::filesystem::path& path() const { return path_; }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_, path_;
};

// An Error is a good end; anything else that is thrown, and any signal, is a finding.
template <typename Read>
void expect_at_most_an_error(const Read& read) {
  try {
    read();
  } catch (const Error&) {
  }
}

}  // namespace restore::fuzz
