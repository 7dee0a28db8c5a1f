// A machine for the pickles of state dicts and for no others.
//
// Format: Python's pickletools, https://docs.python.org/3/library/pickletools.html, protocol 2. A
// pickle is a program; this machine knows the opcodes that containers, numbers and strings need,
// and five functions, all of which it carries out itself: OrderedDict(), the two of torch._utils
// that put a tensor together, the names of storages, and the state that an OrderedDict carries
// (dropped). Any other opcode or name is refused by name. Memory is proportional to the pickle's
// length.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <c10/core/ScalarType.h>

#include "priors/tensor_file/mapped_file.h"

namespace restore {

struct PickleNode;
using PickleItems = std::vector<const PickleNode*>;

struct PickleGlobal {
  std::string_view name;  // "torch.FloatStorage"
};
struct PickleStorage {  // ('storage', type, key, device, elements)
  std::string_view key;
  c10::ScalarType type;
  std::int64_t elements;
};
struct PickleTensor {  // torch._utils._rebuild_tensor_v2
  PickleStorage storage;
  std::int64_t offset;  // in elements, as the strides
  std::vector<std::int64_t> shape, strides;
};
struct PickleList {
  PickleItems items;
};
struct PickleTuple {
  PickleItems items;
};
struct PickleDict {
  std::vector<std::pair<const PickleNode*, const PickleNode*>> entries;
};

struct PickleNode {
  std::variant<std::monostate, bool, std::int64_t, double, std::string_view, PickleGlobal,
               std::unique_ptr<PickleStorage>, std::unique_ptr<PickleTensor>, PickleList,
               PickleTuple, PickleDict>
      value;

  template <typename T>
  const T* as() const {
    return std::get_if<T>(&value);
  }
};

// Nodes refer to each other, cycles included; views refer to the pickle's bytes.
struct Pickle {
  std::shared_ptr<const void> owner;
  std::deque<PickleNode> nodes;
  const PickleNode* root = nullptr;
  std::uint64_t end = 0;  // offset of the first byte behind it
};

// The pickle that begins at `offset` of `file`. Item error for all that is not of a state dict.
Pickle read_pickle(const FileBytes& file, std::uint64_t offset = 0);

}  // namespace restore
