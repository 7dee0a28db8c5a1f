// JSON as the project writes it: keys keep the order in which they were set.
#pragma once

#include <nlohmann/json.hpp>

namespace restore {

using Json = nlohmann::ordered_json;

}  // namespace restore
