// The entries of a zip file that are stored, not compressed: all of those that torch.save writes.
//
// Format: APPNOTE.TXT 6.3, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, with ZIP64.
// The central directory counts; local headers may leave sizes to a data descriptor. Payloads are
// views of the file, so no entry can be larger than it. Checksums are not compared: PyTorch may be
// told not to compute them.
#pragma once

#include <map>

#include "priors/tensor_file/mapped_file.h"

namespace restore {

bool is_zip(const FileBytes& file);

// Name -> payload, compressed entries left out. Item error for what is truncated, encrypted, in
// several volumes, named twice, or overlaps.
std::map<std::string, std::span<unsigned char>> read_zip(const FileBytes& file);

}  // namespace restore
