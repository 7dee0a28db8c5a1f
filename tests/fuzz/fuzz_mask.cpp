// Any bytes as a mask, in a format with little decoding of others.
#include "librestore/image/image_io.h"
#include "librestore/image/image_stream.h"
#include "tests/fuzz/fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace restore;
  const fuzz::File file("mask.pgm", data, size);
  fuzz::expect_at_most_an_error([&] {
    // Masks of a gigapixel are legal, but not here.
    ImageSource(file.path(), {.max_pixels = 1 << 20});
    load_mask(file.path());
  });
  return 0;
}
