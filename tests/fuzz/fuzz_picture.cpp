// Any bytes as a picture: what is checked and read before a decoder sees it.
#include "librestore/image/file_checks.h"
#include "librestore/image/icc_profile.h"
#include "librestore/image/png_chunks.h"
#include "tests/fuzz/fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace restore;
  const fuzz::File file("picture.png", data, size);
  fuzz::expect_at_most_an_error([&] {
    const auto container = check_picture_file(file.path(), 1 << 20);
    read_colour_profile(file.path(), container);
    if (container == Container::png) kept_png_chunks(file.path());
  });
  return 0;
}
