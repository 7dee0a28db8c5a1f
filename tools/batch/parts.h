// Pictures that do not fit in memory, restored part by part: bands of super-tiles from top to
// bottom.
//
// A part is a core and a halo around it, restored as if it were a picture of its own; only the core
// is kept. Noise, range and random numbers are those of the whole picture. What a method does to a
// pixel depends on pixels far away only weakly, so that the halo hides the seams; for one
// evaluation of a prior, a halo of its receptive field hides them to rounding.
#pragma once

#include <cstdint>
#include <filesystem>

#include "librestore/core/json.h"
#include "librestore/image/image_io.h"
#include "librestore/image/image_stream.h"
#include "librestore/model/method.h"
#include "librestore/run/items.h"
#include "tools/batch/picture_task.h"

namespace restore {

struct PartsRequest {
  Needs needs;
  std::int64_t bytes = 0;  // to do with
  const PictureTask& task;
  std::filesystem::path output{};
  SaveOptions save{};
  LoadOptions load{};
};

// The record of all parts together, with their number as `parts` and needs.remark. Item error when
// the memory does not suffice for the smallest part.
Json restore_in_parts(ImageSource& source, const Item& item, const PartsRequest& request,
                      Observer& observer);

}  // namespace restore
