#include "librestore/core/printable.h"

#include <fmt/format.h>

namespace restore {
namespace {

// U+0080 to U+009F in UTF-8.
bool is_second_control(std::string_view text) {
  return text.size() > 1 && text[0] == '\xc2' && (text[1] & 0xe0) == 0x80;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7f) {
      result += fmt::format("\\x{:02x}", byte);
    } else if (is_second_control(text.substr(i))) {
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[++i]));
    } else {
      result += text[i];
    }
  }
  return result;
}

}  // namespace restore
