#include "librestore/image/oiio_common.h"

#include <fmt/core.h>

namespace restore {

void set_up_oiio() {
  static const bool done = [] {
    OIIO::attribute("threads", 1);
    OIIO::attribute("exr_threads", -1);  // none besides the caller's
    OIIO::attribute("debug", 0);         // else attributes it does not know are told on stderr
    return true;
  }();
  static_cast<void>(done);
}

std::string cause(std::string message, const std::filesystem::path& path) {
  message = message.substr(0, message.find('\n'));
  for (const char* pattern : {" (\"{}\")", " \"{}\"", "\"{}\" "}) {
    const std::string part = fmt::format(fmt::runtime(pattern), path.string());
    if (const auto at = message.find(part); at != std::string::npos) message.erase(at, part.size());
  }
  return message.empty() ? "no reason given" : message;
}

OIIO::TypeDesc type_desc(SampleType type) {
  switch (type) {
    case SampleType::uint8:
      return OIIO::TypeDesc::UINT8;
    case SampleType::uint16:
      return OIIO::TypeDesc::UINT16;
    case SampleType::half:
      return OIIO::TypeDesc::HALF;
    case SampleType::float32:
      return OIIO::TypeDesc::FLOAT;
  }
  return OIIO::TypeDesc::UNKNOWN;
}

}  // namespace restore
