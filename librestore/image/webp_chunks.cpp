#include "librestore/image/webp_chunks.h"

#include <memory>
#include <stdexcept>

#include <webp/mux.h>

namespace restore {
namespace {

struct DeleteMux {
  void operator()(WebPMux* mux) const { WebPMuxDelete(mux); }
};
using Mux = std::unique_ptr<WebPMux, DeleteMux>;

// Refers to the bytes of `file`, which must live longer.
Mux mux_of(std::span<const std::uint8_t> file) {
  const WebPData data{file.data(), file.size()};
  return Mux(WebPMuxCreate(&data, 0));
}

}  // namespace

std::vector<std::uint8_t> webp_colour_profile(std::span<const std::uint8_t> file) {
  const Mux mux = mux_of(file);
  WebPData profile;
  if (!mux || WebPMuxGetChunk(mux.get(), "ICCP", &profile) != WEBP_MUX_OK) return {};
  return {profile.bytes, profile.bytes + profile.size};
}

std::vector<std::uint8_t> with_webp_chunks(std::span<const std::uint8_t> file,
                                           const WebpChunks& chunks) {
  if (chunks.empty()) return {file.begin(), file.end()};
  const Mux mux = mux_of(file);
  if (!mux) throw std::runtime_error("not a WebP");
  const auto set = [&](const char* name, const std::vector<std::uint8_t>& bytes) {
    const WebPData data{bytes.data(), bytes.size()};
    if (!bytes.empty() && WebPMuxSetChunk(mux.get(), name, &data, 0) != WEBP_MUX_OK) {
      throw std::runtime_error("WebP takes no such chunk");
    }
  };
  set("ICCP", chunks.colour_profile);
  set("EXIF", chunks.exif);
  set("XMP ", chunks.xmp);
  WebPData assembled;
  WebPDataInit(&assembled);
  if (WebPMuxAssemble(mux.get(), &assembled) != WEBP_MUX_OK) {
    throw std::runtime_error("WebP chunks cannot be assembled");
  }
  std::vector<std::uint8_t> result(assembled.bytes, assembled.bytes + assembled.size);
  WebPDataClear(&assembled);
  return result;
}

}  // namespace restore
