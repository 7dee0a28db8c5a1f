// A small, sound ICC profile (ICC.1:2022), RGB with a gamma of 2.2 and the primaries of sRGB, that
// has a tag of every type that decoders take text from.
#pragma once

#include <cstdint>
#include <vector>

namespace restore::testing {

std::vector<std::uint8_t> example_profile();

}  // namespace restore::testing
