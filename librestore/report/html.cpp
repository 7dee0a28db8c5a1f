#include "librestore/report/html.h"

#include <fmt/format.h>

namespace restore {

std::string html_escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  return out;
}

std::string html_of(const Json& value) {
  if (value.is_string()) return html_escaped(value.get<std::string>());
  if (value.is_null()) return "-";
  if (value.is_number_float()) return fmt::format("{:.4g}", value.get<double>());
  if (!value.is_structured()) return value.dump();
  std::string out;
  for (const auto& [name, entry] : value.items()) {
    if (!out.empty()) out += ", ";
    if (value.is_object()) out += html_escaped(name) + " ";
    out += html_of(entry);
  }
  return out;
}

}  // namespace restore
