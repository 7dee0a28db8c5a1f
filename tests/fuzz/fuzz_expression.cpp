// Any text as an operator expression: built for a small picture, or refused with an Error.
#include "operators/expression/expression.h"
#include "operators/factory.h"
#include "tests/fuzz/fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace restore;
  const std::string text(data, data + size);
  fuzz::expect_at_most_an_error([&] {
    // Files may be anything, a device among them: only what needs none is built.
    for (const auto& call : parse_expression(ExpressionSource(text)))
      for (const auto& argument : call.arguments)
        if (std::error_code ignored; std::filesystem::exists(argument.value.text, ignored)) return;
    build_operator(text, {{3, 12, 8}, true});
  });
  return 0;
}
