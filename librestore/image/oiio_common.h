// What reading and writing through OpenImageIO share.
#pragma once

#include <filesystem>
#include <string>

#include <OpenImageIO/imageio.h>

#include "librestore/image/image.h"

namespace restore {

// Call before any reading or writing. The work is spread over pictures, not over the rows of one:
// OpenImageIO's own threads, which would come on top of -j, are switched off.
void set_up_oiio();

// The first line of OpenImageIO's message, without the path, which begins ours.
std::string cause(std::string message, const std::filesystem::path& path);

OIIO::TypeDesc type_desc(SampleType type);

}  // namespace restore
