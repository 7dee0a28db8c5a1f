// A second file beside each result: --uncertainty, --save-psf.
#pragma once

#include <filesystem>
#include <string>

#include "librestore/run/items.h"

namespace restore {

struct SideOutput {
  std::string flag;  // for messages, as --save-psf
  std::string out;   // what it was given: a file, or a folder (it exists as one, or ends with '/')
  std::string extension;  // of the files in a folder, as .txt

  // `out` itself, or, in a folder, the item's name with the extension.
  std::filesystem::path file(const Item& item) const;
  // Usage error unless several pictures have a file each.
  void check_takes_several() const;

 private:
  bool is_folder() const;
};

}  // namespace restore
