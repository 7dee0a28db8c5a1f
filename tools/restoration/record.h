// What there is to say of a restored picture.
#pragma once

#include <string>

#include "librestore/core/json.h"
#include "librestore/model/method.h"
#include "librestore/model/noise_model.h"

namespace restore {

// The record of a restored picture, and its line: residual, steps, and more when `verbose`.
Json record_of(const Summary& summary, const NoiseModel& noise);
std::string describe_restored(const Json& record, bool verbose);

// What to tell of a picture besides its figures; several are one after the other.
void add_remark(Json& record, const std::string& remark);

}  // namespace restore
