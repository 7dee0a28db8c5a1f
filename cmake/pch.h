// The project's one precompiled header. `torch/types.h` (tensors) takes 6 s a file to parse, and
// `torch/torch.h` (modules, optimisers, serialisation) 15 s: the few files that need it name it.
#pragma once

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
