// Text of any origin, such as the names of files, on its way to a terminal.
#pragma once

#include <string>
#include <string_view>

namespace restore {

// Control characters, which a terminal would obey, become \x1b and the like. The rest stays, also
// bytes that are not UTF-8.
std::string printable(std::string_view text);

}  // namespace restore
