// What a chain of operators asks of its members, linear or not.
#pragma once

#include <memory>
#include <vector>

#include "librestore/core/error.h"

namespace restore {

// Usage error when an operator does not take what the one before it gives.
template <typename Member>
void check_joined(const std::vector<std::shared_ptr<const Member>>& operators) {
  for (std::size_t i = 1; i < operators.size(); ++i)
    if (operators[i]->input_shape() != operators[i - 1]->output_shape())
      throw usage_error("operator {} gives {} (channels x height x width), operator {} takes {}", i,
                        operators[i - 1]->output_shape().to_string(), i + 1,
                        operators[i]->input_shape().to_string());
}

}  // namespace restore
