#include "priors/neural/checkpoint/pickle.h"

#include <algorithm>
#include <array>
#include <bit>
#include <unordered_map>

namespace restore {
namespace {

struct StorageRow {
  const char* name;
  c10::ScalarType type;
};
constexpr std::array<StorageRow, 8> kStorages{{{"torch.FloatStorage", c10::ScalarType::Float},
                                               {"torch.HalfStorage", c10::ScalarType::Half},
                                               {"torch.BFloat16Storage", c10::ScalarType::BFloat16},
                                               {"torch.DoubleStorage", c10::ScalarType::Double},
                                               {"torch.LongStorage", c10::ScalarType::Long},
                                               {"torch.IntStorage", c10::ScalarType::Int},
                                               {"torch.ByteStorage", c10::ScalarType::Byte},
                                               {"torch.BoolStorage", c10::ScalarType::Bool}}};
constexpr std::string_view kOrderedDict = "collections.OrderedDict";
constexpr std::string_view kRebuildTensor = "torch._utils._rebuild_tensor_v2";
constexpr std::string_view kRebuildParameter = "torch._utils._rebuild_parameter";

// The table's own copy of the name, empty when it has none: in the file module and name are apart.
std::string_view find_global(std::string_view name) {
  for (const auto known : {kOrderedDict, kRebuildTensor, kRebuildParameter})
    if (name == known) return known;
  for (const auto& row : kStorages)
    if (name == row.name) return row.name;
  return {};
}

// The opcodes that are refused, where a message should say more than a number.
std::string opcode_name(unsigned char opcode) {
  static constexpr std::array<std::pair<unsigned char, const char*>, 19> names{
      {{'0', "POP"},
       {'1', "POP_MARK"},
       {'2', "DUP"},
       {'F', "FLOAT"},
       {'I', "INT"},
       {'L', "LONG"},
       {'P', "PERSID"},
       {'S', "STRING"},
       {'T', "BINSTRING"},
       {'U', "SHORT_BINSTRING"},
       {'V', "UNICODE"},
       {'i', "INST"},
       {'o', "OBJ"},
       {0x81, "NEWOBJ"},
       {0x82, "EXT1"},
       {0x8c, "SHORT_BINUNICODE"},
       {0x92, "NEWOBJ_EX"},
       {0x93, "STACK_GLOBAL"},
       {0x95, "FRAME"}}};
  for (const auto& [code, name] : names)
    if (code == opcode) return name;
  return fmt::format("{:#04x}", opcode);
}

class Machine {
 public:
  Machine(const FileBytes& file, std::uint64_t offset) : file_(file), at_(offset) {}

  Pickle run() {
    while (step(next<unsigned char>())) {
    }
    if (stack_.size() != 1 || !marks_.empty()) fail("leaves more than one value");
    pickle_.owner = file_.owner;
    pickle_.root = stack_.back();
    pickle_.end = at_;
    return std::move(pickle_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw item_error("{}: the pickle {} (byte {}); only the parts of a state dict are read",
                     file_.where, what, at_);
  }

  template <typename T>
  T next() {
    const T value = read_number<T>(file_, at_);
    at_ += sizeof(T);
    return value;
  }

  std::string_view next_text(std::uint64_t size) {
    const auto bytes = slice(file_, at_, size);
    at_ += size;
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  std::string_view next_line() {
    const auto rest = file_.bytes.subspan(at_);
    const auto end = std::find(rest.begin(), rest.end(), '\n');
    if (end == rest.end()) fail("is truncated");
    const auto line = next_text(static_cast<std::uint64_t>(end - rest.begin()));
    ++at_;
    return line;
  }

  template <typename T>
  void push(T value) {
    stack_.push_back(&pickle_.nodes.emplace_back(PickleNode{std::move(value)}));
  }

  // What lies above the last mark is out of reach of an opcode that pops a fixed number.
  PickleNode* pop() {
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) fail("takes from an empty stack");
    auto* node = stack_.back();
    stack_.pop_back();
    return node;
  }

  PickleNode* top() {
    auto* node = pop();
    stack_.push_back(node);
    return node;
  }

  PickleItems pop_to_mark() {
    if (marks_.empty()) fail("lacks a mark");
    const auto mark = static_cast<std::ptrdiff_t>(marks_.back());
    PickleItems items(stack_.begin() + mark, stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }

  PickleItems pop_items(std::size_t count) {
    PickleItems items(count);
    for (std::size_t i = count; i > 0; --i) items[i - 1] = pop();
    return items;
  }

  template <typename T>
  T& top_as(const char* what) {
    auto* value = std::get_if<T>(&top()->value);
    if (value == nullptr) fail(fmt::format("needs {} on the stack", what));
    return *value;
  }

  void append(const PickleItems& items) {
    auto& list = top_as<PickleList>("a list").items;
    list.insert(list.end(), items.begin(), items.end());
  }

  void set_items(const PickleItems& items) {
    if (items.size() % 2 != 0) fail("sets a key without a value");
    auto& entries = top_as<PickleDict>("a dict").entries;
    for (std::size_t i = 0; i < items.size(); i += 2) entries.emplace_back(items[i], items[i + 1]);
  }

  void push_global() {
    const auto module = next_line();
    const auto name = fmt::format("{}.{}", module, next_line());
    const auto known = find_global(name);
    if (known.empty()) fail(fmt::format("names '{}'", name));
    push(PickleGlobal{known});
  }

  void push_long() {
    const auto size = next<std::uint8_t>();
    if (size > sizeof(std::int64_t)) fail("holds a number of more than 64 bits");
    // Two's complement, its sign extended.
    std::uint64_t bits = 0;
    for (int i = 0; i < size; ++i) bits |= std::uint64_t{next<std::uint8_t>()} << (8 * i);
    const int unused = 64 - 8 * size;
    push(size == 0 ? std::int64_t{0} : static_cast<std::int64_t>(bits << unused) >> unused);
  }

  // A big-endian double.
  void push_float() { push(std::bit_cast<double>(__builtin_bswap64(next<std::uint64_t>()))); }

  template <typename T>
  const T& item(const PickleItems& items, std::size_t index, const char* of) {
    const T* value = index < items.size() ? items[index]->as<T>() : nullptr;
    if (value == nullptr) fail(fmt::format("has {} with a wrong part {}", of, index));
    return *value;
  }

  std::vector<std::int64_t> counts(const PickleItems& items, const char* of) {
    std::vector<std::int64_t> values;
    for (std::size_t i = 0; i < items.size(); ++i)
      values.push_back(item<std::int64_t>(items, i, of));
    return values;
  }

  void push_storage() {
    const auto* id = pop()->as<PickleTuple>();
    if (id == nullptr) fail("has a persistent id that is no tuple");
    const char* of = "a storage";
    if (item<std::string_view>(id->items, 0, of) != "storage")
      fail("has a persistent id that is no storage");
    const auto name = item<PickleGlobal>(id->items, 1, of).name;
    const auto row = std::find_if(kStorages.begin(), kStorages.end(),
                                  [&](const StorageRow& r) { return name == r.name; });
    if (row == kStorages.end()) fail(fmt::format("takes '{}' for a storage", name));
    const auto key = item<std::string_view>(id->items, 2, of);
    const auto elements = item<std::int64_t>(id->items, 4, of);
    // Legacy files may have a sixth part, which says that the storage is a part of another one.
    if (id->items.size() > 5 && id->items[5]->as<std::monostate>() == nullptr)
      fail("has a storage that is a view of another one; save it again with a newer PyTorch");
    push(std::make_unique<PickleStorage>(PickleStorage{key, row->type, elements}));
  }

  void rebuild_tensor(const PickleItems& arguments) {
    const char* of = "a tensor";
    const auto& storage = item<std::unique_ptr<PickleStorage>>(arguments, 0, of);
    PickleTensor tensor{*storage, item<std::int64_t>(arguments, 1, of),
                        counts(item<PickleTuple>(arguments, 2, of).items, of),
                        counts(item<PickleTuple>(arguments, 3, of).items, of)};
    push(std::make_unique<PickleTensor>(std::move(tensor)));
  }

  void reduce() {
    const auto* arguments = pop()->as<PickleTuple>();
    const auto* function = pop()->as<PickleGlobal>();
    if (arguments == nullptr || function == nullptr) fail("calls what is no function");
    if (function->name == kOrderedDict && arguments->items.empty()) return push(PickleDict{});
    if (function->name == kRebuildTensor) return rebuild_tensor(arguments->items);
    if (function->name == kRebuildParameter) {
      const auto& tensor = item<std::unique_ptr<PickleTensor>>(arguments->items, 0, "a parameter");
      return push(std::make_unique<PickleTensor>(*tensor));
    }
    fail(fmt::format("calls '{}' with arguments", function->name));
  }

  void memorise(std::uint32_t slot) { memo_[slot] = top(); }

  void recall(std::uint32_t slot) {
    const auto found = memo_.find(slot);
    if (found == memo_.end()) fail("recalls what it never stored");
    stack_.push_back(found->second);
  }

  // False after STOP. The names are those of pickletools.
  bool step(unsigned char opcode) {
    switch (opcode) {
      case 0x80:  // PROTO
        if (const int protocol = next<std::uint8_t>(); protocol > 2)
          fail(fmt::format("is of protocol {}; torch.save writes protocol 2", protocol));
        break;
      case '.':  // STOP
        return false;
      case 'c':  // GLOBAL
        push_global();
        break;
      case 'q':  // BINPUT
        memorise(next<std::uint8_t>());
        break;
      case 'r':  // LONG_BINPUT
        memorise(next<std::uint32_t>());
        break;
      case 'h':  // BINGET
        recall(next<std::uint8_t>());
        break;
      case 'j':  // LONG_BINGET
        recall(next<std::uint32_t>());
        break;
      case '(':  // MARK
        marks_.push_back(stack_.size());
        break;
      case ')':  // EMPTY_TUPLE
        push(PickleTuple{});
        break;
      case '}':  // EMPTY_DICT
        push(PickleDict{});
        break;
      case ']':  // EMPTY_LIST
        push(PickleList{});
        break;
      case 't':  // TUPLE
        push(PickleTuple{pop_to_mark()});
        break;
      case 0x85:  // TUPLE1
      case 0x86:  // TUPLE2
      case 0x87:  // TUPLE3
        push(PickleTuple{pop_items(opcode - 0x84U)});
        break;
      case 'R':  // REDUCE
        reduce();
        break;
      case 'b':  // BUILD: the `_metadata` of a state dict, versions of its modules
        pop();
        top_as<PickleDict>("an OrderedDict");
        break;
      case 'X':  // BINUNICODE
        push(next_text(next<std::uint32_t>()));
        break;
      case 'Q':  // BINPERSID
        push_storage();
        break;
      case 'J':  // BININT
        push(std::int64_t{next<std::int32_t>()});
        break;
      case 'K':  // BININT1
        push(std::int64_t{next<std::uint8_t>()});
        break;
      case 'M':  // BININT2
        push(std::int64_t{next<std::uint16_t>()});
        break;
      case 0x8a:  // LONG1
        push_long();
        break;
      case 0x88:  // NEWTRUE
      case 0x89:  // NEWFALSE
        push(opcode == 0x88);
        break;
      case 'N':  // NONE
        push(std::monostate{});
        break;
      case 'G':  // BINFLOAT
        push_float();
        break;
      case 's':  // SETITEM
        set_items(pop_items(2));
        break;
      case 'u':  // SETITEMS
        set_items(pop_to_mark());
        break;
      case 'a':  // APPEND
        append(pop_items(1));
        break;
      case 'e':  // APPENDS
        append(pop_to_mark());
        break;
      default:
        fail(fmt::format("uses {}", opcode_name(opcode)));
    }
    return true;
  }

  const FileBytes& file_;
  std::uint64_t at_;
  Pickle pickle_;
  std::vector<PickleNode*> stack_;
  std::vector<std::size_t> marks_;  // sizes of the stack
  std::unordered_map<std::uint32_t, PickleNode*> memo_;
};

}  // namespace

Pickle read_pickle(const FileBytes& file, std::uint64_t offset) {
  return Machine(file, offset).run();
}

}  // namespace restore
