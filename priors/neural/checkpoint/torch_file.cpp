#include "priors/neural/checkpoint/torch_file.h"

#include <algorithm>
#include <array>
#include <map>

#include <ATen/ATen.h>

#include "priors/neural/checkpoint/pickle.h"
#include "priors/neural/checkpoint/zip.h"

namespace restore {
namespace {

// pickle.dumps(0x1950a86a20f9469cfc6c, protocol=2), how the legacy form begins
constexpr std::array<unsigned char, 15> kLegacyMagic{0x80, 2,    0x8a, 10,   0x6c, 0xfc, 0x9c, 0x46,
                                                     0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, '.'};
constexpr int kMaxDepth = 8;  // of dicts in dicts
// A weight may be named twice (tied weights), so its bytes count twice, but not without end.
constexpr std::uint64_t kMaxSharing = 4;

bool is_legacy(const FileBytes& file) {
  return file.bytes.size() > kLegacyMagic.size() &&
         std::equal(kLegacyMagic.begin(), kLegacyMagic.end(), file.bytes.begin());
}

// Bytes by the key of the storage.
using Storages = std::map<std::string_view, std::span<unsigned char>>;

// The dict of tensors inside a pickle, flattened.
class StateDict {
 public:
  StateDict(const FileBytes& file, const Pickle& pickle, const Storages& storages)
      : file_(file), storages_(storages), visits_left_(file.bytes.size()) {
    const auto* root = pickle.root->as<PickleDict>();
    if (root == nullptr) throw item_error("{}: holds no state dict", file.where);
    add(open_wrappers(*root), "", 0);
  }

  NamedTensors take() {
    strip("module.");
    if (tensors_.empty()) throw item_error("{}: holds no tensors", file_.where);
    return std::move(tensors_);
  }

 private:
  static const PickleDict* find_dict(const PickleDict& dict, std::string_view name) {
    for (const auto& [key, value] : dict.entries)
      if (const auto* text = key->as<std::string_view>(); text != nullptr && *text == name)
        return value->as<PickleDict>();
    return nullptr;
  }

  static const PickleDict& open_wrappers(const PickleDict& root) {
    const PickleDict* dict = &root;
    for (int depth = 0; depth < kMaxDepth; ++depth)
      for (const auto* name : {"params_ema", "ema", "model_ema", "params", "state_dict",
                               "model_state_dict", "model", "net"})
        if (const auto* inner = find_dict(*dict, name)) {
          dict = inner;
          break;
        }
    return *dict;
  }

  void add(const PickleDict& dict, const std::string& prefix, int depth) {
    if (depth > kMaxDepth) throw item_error("{}: dicts too deep in one another", file_.where);
    for (const auto& [key, value] : dict.entries) {
      // A pickle can name the same dict over and over; a file that does so is no state dict.
      if (visits_left_-- == 0) throw item_error("{}: more entries than bytes", file_.where);
      const auto* text = key->as<std::string_view>();
      if (text == nullptr) continue;
      const auto name = prefix + std::string(*text);
      if (const auto* inner = value->as<PickleDict>()) add(*inner, name + ".", depth + 1);
      if (const auto* tensor = value->as<std::unique_ptr<PickleTensor>>()) add(name, **tensor);
    }
  }

  [[noreturn]] void refuse(const std::string& name, const char* why) const {
    throw item_error("{}: tensor '{}' {}", file_.where, name, why);
  }

  void add(const std::string& name, const PickleTensor& tensor) {
    const auto storage = storage_of(name, tensor.storage);
    check_bounds(name, tensor);
    if (!tensors_.emplace(name, storage.as_strided(tensor.shape, tensor.strides, tensor.offset))
             .second)
      refuse(name, "is there twice");
  }

  // Every index offset + sum_i k_i stride_i, 0 <= k_i < shape_i, must lie inside the storage.
  void check_bounds(const std::string& name, const PickleTensor& tensor) {
    const auto is_negative = [](std::int64_t n) { return n < 0; };
    const auto &shape = tensor.shape, &strides = tensor.strides;
    if (shape.size() != strides.size()) refuse(name, "has not one stride for each size");
    if (tensor.offset < 0) refuse(name, "begins before its storage");
    if (std::any_of(shape.begin(), shape.end(), is_negative) ||
        std::any_of(strides.begin(), strides.end(), is_negative))
      refuse(name, "has a negative size");

    const bool is_empty = std::count(shape.begin(), shape.end(), 0) > 0;
    const auto elements = static_cast<std::uint64_t>(tensor.storage.elements);
    const auto limit = is_empty ? file_.bytes.size() : elements;
    std::uint64_t count = 1, last = static_cast<std::uint64_t>(tensor.offset);
    // No product is formed that could pass 64 bits.
    bool is_inside = is_empty || last < elements;
    for (std::size_t i = 0; i < shape.size() && is_inside; ++i) {
      const auto extent = static_cast<std::uint64_t>(shape[i]);
      is_inside = extent <= limit;
      if (is_empty || !is_inside || extent == 1) continue;
      const auto stride = static_cast<std::uint64_t>(strides[i]);
      is_inside = extent <= elements / count && stride <= (elements - 1 - last) / (extent - 1);
      count *= extent;
      last += (extent - 1) * stride;
    }
    if (!is_inside) refuse(name, "is larger than its storage");
    if (!is_empty) bytes_ += count * torch::elementSize(tensor.storage.type);
    if (bytes_ > kMaxSharing * file_.bytes.size()) refuse(name, "makes more than the file holds");
  }

  // A one-dimensional tensor over the storage's bytes.
  torch::Tensor storage_of(const std::string& name, const PickleStorage& storage) {
    const auto bytes = storages_.find(storage.key);
    if (bytes == storages_.end()) refuse(name, "has its numbers in no part of the file");
    const std::uint64_t item = torch::elementSize(storage.type);
    if (storage.elements < 0 ||
        static_cast<std::uint64_t>(storage.elements) > bytes->second.size() / item)
      refuse(name, "is larger than its storage");
    auto& tensor = made_[{storage.key, storage.type}];
    if (!tensor.defined()) tensor = view(bytes->second, storage.type);
    return tensor;
  }

  torch::Tensor view(std::span<unsigned char> bytes, torch::ScalarType type) const {
    // What a bool's byte may hold besides 0 and 1 is not defined.
    if (type == torch::kBool) return view(bytes, torch::kUInt8).ne(0);
    const auto item = torch::elementSize(type);
    const auto count = static_cast<std::int64_t>(bytes.size() / item);
    const auto tensor = at::from_blob(
        bytes.data(), {count}, [owner = file_.owner](void*) {}, at::TensorOptions(type));
    const bool is_aligned = reinterpret_cast<std::uintptr_t>(bytes.data()) % item == 0;
    return is_aligned ? tensor : tensor.clone();
  }

  void strip(const std::string& prefix) {
    if (!std::all_of(tensors_.begin(), tensors_.end(),
                     [&](const auto& entry) { return entry.first.starts_with(prefix); }))
      return;
    NamedTensors stripped;
    for (auto& [name, tensor] : tensors_) stripped.emplace(name.substr(prefix.size()), tensor);
    tensors_ = std::move(stripped);
  }

  const FileBytes& file_;
  const Storages& storages_;
  std::uint64_t visits_left_;
  std::uint64_t bytes_ = 0;
  std::map<std::pair<std::string_view, torch::ScalarType>, torch::Tensor> made_;
  NamedTensors tensors_;
};

// <root>/data.pkl, <root>/data/<key>, <root>/byteorder
NamedTensors read_zip_form(const FileBytes& file) {
  const auto entries = read_zip(file);
  const auto is_pickle = [](const auto& entry) { return entry.first.ends_with("/data.pkl"); };
  const auto found = std::find_if(entries.begin(), entries.end(), is_pickle);
  if (found == entries.end())
    throw item_error("{}: a zip file without a stored data.pkl: not from torch.save", file.where);
  const auto root = found->first.substr(0, found->first.size() - std::string("data.pkl").size());
  if (entries.contains(root + "constants.pkl"))
    throw item_error("{}: a TorchScript program, not a state dict", file.where);
  if (const auto order = entries.find(root + "byteorder");
      order != entries.end() && std::string(order->second.begin(), order->second.end()) != "little")
    throw item_error("{}: its numbers are big-endian", file.where);

  const auto prefix = root + "data/";
  Storages storages;
  for (const auto& [name, payload] : entries)
    if (name.starts_with(prefix))
      storages.emplace(std::string_view(name).substr(prefix.size()), payload);
  const FileBytes pickle_bytes{file.owner, found->second, file.where};
  const auto pickle = read_pickle(pickle_bytes);
  return StateDict(file, pickle, storages).take();
}

// The types of all storages of a pickle, by key: the legacy form does not tell their sizes in
// bytes.
std::map<std::string_view, std::uint64_t> item_sizes(const Pickle& pickle) {
  std::map<std::string_view, std::uint64_t> sizes;
  for (const auto& node : pickle.nodes)
    if (const auto* storage = node.as<std::unique_ptr<PickleStorage>>())
      sizes[(*storage)->key] = torch::elementSize((*storage)->type);
  return sizes;
}

// Five pickles (magic, protocol, system, object, keys of its storages), then for each key the
// number of elements and the elements.
NamedTensors read_legacy_form(const FileBytes& file) {
  const auto protocol = read_pickle(file, kLegacyMagic.size());
  const auto system = read_pickle(file, protocol.end);
  const auto object = read_pickle(file, system.end);
  const auto keys = read_pickle(file, object.end);
  const auto* list = keys.root->as<PickleList>();
  if (list == nullptr) throw item_error("{}: damaged: no list of storages", file.where);

  const auto sizes = item_sizes(object);
  Storages storages;
  std::uint64_t at = keys.end;
  for (const auto* node : list->items) {
    const auto* key = node->as<std::string_view>();
    const auto size = key == nullptr ? sizes.end() : sizes.find(*key);
    if (size == sizes.end()) throw item_error("{}: damaged: a storage of no type", file.where);
    const auto elements = read_number<std::uint64_t>(file, at);
    if (elements > file.bytes.size()) throw item_error("{}: truncated or damaged", file.where);
    storages.emplace(*key, slice(file, at + 8, elements * size->second));
    at += 8 + elements * size->second;
  }
  return StateDict(file, object, storages).take();
}

}  // namespace

bool is_torch_file(const FileBytes& file) { return is_zip(file) || is_legacy(file); }

bool is_torch_script(const FileBytes& file) {
  if (!is_zip(file)) return false;
  const auto entries = read_zip(file);
  return std::any_of(entries.begin(), entries.end(),
                     [](const auto& entry) { return entry.first.ends_with("/constants.pkl"); });
}

NamedTensors read_torch_file(const FileBytes& file) {
  if (is_zip(file)) return read_zip_form(file);
  if (is_legacy(file)) return read_legacy_form(file);
  throw item_error("{}: not a file of torch.save", file.where);
}

}  // namespace restore
