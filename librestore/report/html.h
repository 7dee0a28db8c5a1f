// What goes into a page of HTML.
#pragma once

#include <string>
#include <string_view>

#include "librestore/core/json.h"

namespace restore {

// Text as text, wherever it stands, in an attribute in quotes too: & < > " ' become entities.
std::string html_escaped(std::string_view text);

// A value for people, escaped: numbers to four digits, the entries of objects and arrays with
// commas between.
std::string html_of(const Json& value);

}  // namespace restore
