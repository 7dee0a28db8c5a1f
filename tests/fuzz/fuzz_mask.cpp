// Any bytes as a mask, in a format with little decoding of others.
#include "librestore/image/file_checks.h"
#include "librestore/image/image_io.h"
#include "tests/fuzz/fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace restore;
  const fuzz::File file("mask.pgm", data, size);
  fuzz::expect_at_most_an_error([&] {
    check_picture_file(file.path(), 1 << 20);
    load_mask(file.path());
  });
  return 0;
}
