#include "priors/tensor_file/safetensors.h"

#include <array>
#include <cstring>

#include <ATen/ATen.h>

#include "librestore/core/error.h"
#include "librestore/core/json.h"
#include "librestore/core/temporary_file.h"

namespace restore {
namespace {

constexpr std::uint64_t kPrefix = 8;
constexpr std::uint64_t kMaxHeader = 100'000'000;  // the reference implementation's limit
constexpr std::uint64_t kAlignment = 8;

struct DtypeRow {
  const char* name;
  torch::ScalarType type;
};
constexpr std::array<DtypeRow, 10> kDtypes{{{"F32", torch::kFloat32},
                                            {"F16", torch::kFloat16},
                                            {"BF16", torch::kBFloat16},
                                            {"F64", torch::kFloat64},
                                            {"I64", torch::kInt64},
                                            {"I32", torch::kInt32},
                                            {"I16", torch::kInt16},
                                            {"I8", torch::kInt8},
                                            {"U8", torch::kUInt8},
                                            {"BOOL", torch::kBool}}};

torch::ScalarType dtype_from_name(const std::string& name, const std::string& where,
                                  const std::string& tensor) {
  for (const auto& row : kDtypes)
    if (name == row.name) return row.type;
  throw item_error("{}: tensor '{}' has dtype '{}', which cannot be read", where, tensor, name);
}

std::string dtype_name(torch::ScalarType type) {
  for (const auto& row : kDtypes)
    if (type == row.type) return row.name;
  throw std::logic_error("write_safetensors: a tensor of a type that safetensors does not have");
}

bool is_count(const Json& value) { return value.is_number_unsigned(); }

struct Entry {
  std::string name;
  torch::ScalarType type;
  std::vector<std::int64_t> shape;
  std::uint64_t begin, end;
};

Entry parse_entry(const std::string& name, const Json& value, std::uint64_t data_size,
                  const std::string& where) {
  const auto refuse = [&](const char* why) {
    return item_error("{}: tensor '{}': {}", where, name, why);
  };
  if (!value.is_object() || value.size() != 3 || !value.contains("dtype") ||
      !value.contains("shape") || !value.contains("data_offsets"))
    throw refuse("its entry must have exactly dtype, shape and data_offsets");
  const Json &dtype = value["dtype"], &shape = value["shape"], &offsets = value["data_offsets"];
  if (!dtype.is_string()) throw refuse("dtype is not a string");
  if (!shape.is_array() || !std::all_of(shape.begin(), shape.end(), is_count))
    throw refuse("shape is not a list of counts");
  if (!offsets.is_array() || offsets.size() != 2 || !is_count(offsets[0]) || !is_count(offsets[1]))
    throw refuse("data_offsets is not a pair of counts");

  Entry entry{name, dtype_from_name(dtype, where, name), {}, offsets[0], offsets[1]};
  if (entry.begin > entry.end || entry.end > data_size)
    throw refuse("data_offsets lie outside the file");
  std::uint64_t bytes = torch::elementSize(entry.type);
  for (const auto& extent : shape) {
    const std::uint64_t count = extent;
    // Checked before the product, so that it cannot overflow (an empty tensor has 0 bytes anyway).
    if (count != 0 && bytes > data_size / count) throw refuse("shape is larger than the file");
    bytes *= count;
    entry.shape.push_back(static_cast<std::int64_t>(count));
  }
  if (bytes != entry.end - entry.begin) throw refuse("shape and data_offsets disagree");
  return entry;
}

std::map<std::string, std::string> parse_metadata(const Json& value, const std::string& where) {
  if (!value.is_object()) throw item_error("{}: __metadata__ is not an object", where);
  std::map<std::string, std::string> metadata;
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string())
      throw item_error("{}: __metadata__ entry '{}' is not a string", where, key);
    metadata[key] = text;
  }
  return metadata;
}

// JSON with duplicate keys refused: which of two entries counts must not be left to a parser. So is
// what lies deeper than a shape: a few bytes would make many.
Json parse_header(std::string_view text, const std::string& where) {
  constexpr int kDeepest = 2;  // header, entry, shape
  std::vector<std::string> seen;
  bool too_deep = false;
  const auto callback = [&](int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start)
      too_deep = too_deep || depth > kDeepest;
    if (event == Event::key && depth == 1) seen.push_back(parsed);
    return !too_deep;
  };
  Json header = Json::parse(text, callback, /*allow_exceptions=*/false);
  if (too_deep) throw item_error("{}: the safetensors header nests too deep", where);
  if (header.is_discarded() || !header.is_object())
    throw item_error("{}: the safetensors header is not a JSON object", where);
  std::sort(seen.begin(), seen.end());
  if (std::adjacent_find(seen.begin(), seen.end()) != seen.end())
    throw item_error("{}: the safetensors header names a tensor twice", where);
  return header;
}

// Tensors must tile the data exactly: no overlap, no gap, no trailing bytes.
void check_layout(std::vector<Entry> entries, std::uint64_t data_size, const std::string& where) {
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
  });
  std::uint64_t position = 0;
  for (const auto& entry : entries) {
    if (entry.begin < position)
      throw item_error("{}: tensor '{}' overlaps another one", where, entry.name);
    if (entry.begin > position)
      throw item_error("{}: unused bytes before tensor '{}'", where, entry.name);
    position = entry.end;
  }
  if (position != data_size)
    throw item_error("{}: {} bytes follow the last tensor", where, data_size - position);
}

// A view of the file where its place in it allows.
torch::Tensor view(const FileBytes& file, std::span<unsigned char> bytes, const Entry& entry) {
  if (bytes.empty()) return torch::empty(entry.shape, torch::TensorOptions(entry.type));
  // What a bool's byte may hold besides 0 and 1 is not defined.
  const auto type = entry.type == torch::kBool ? torch::kUInt8 : entry.type;
  const auto tensor = at::from_blob(
      bytes.data(), entry.shape, [owner = file.owner](void*) {}, torch::TensorOptions(type));
  if (entry.type == torch::kBool) return tensor != 0;
  const auto address = reinterpret_cast<std::uintptr_t>(bytes.data());
  return address % torch::elementSize(type) == 0 ? tensor : tensor.clone();
}

}  // namespace

bool is_safetensors(const FileBytes& file) {
  const auto& bytes = file.bytes;
  return bytes.size() > kPrefix && bytes[kPrefix] == '{' &&
         read_number<std::uint64_t>(file, 0) <= bytes.size() - kPrefix;
}

TensorFile parse_safetensors(const FileBytes& source) {
  const auto& [owner, bytes, where] = source;
  if (bytes.size() < kPrefix)
    throw item_error("{}: {} bytes are too few for a safetensors file", where, bytes.size());
  std::uint64_t header_size = 0;
  std::memcpy(&header_size, bytes.data(), kPrefix);
  if (header_size > kMaxHeader || header_size > bytes.size() - kPrefix)
    throw item_error("{}: the safetensors header is longer than the file", where);

  const auto header_bytes = bytes.subspan(kPrefix, header_size);
  const auto data = bytes.subspan(kPrefix + header_size);
  const Json header = parse_header(
      {reinterpret_cast<const char*>(header_bytes.data()), header_bytes.size()}, where);

  TensorFile file;
  std::vector<Entry> entries;
  for (const auto& [name, value] : header.items()) {
    if (name == "__metadata__")
      file.metadata = parse_metadata(value, where);
    else
      entries.push_back(parse_entry(name, value, data.size(), where));
  }
  check_layout(entries, data.size(), where);
  for (const auto& entry : entries)
    file.tensors[entry.name] =
        view(source, data.subspan(entry.begin, entry.end - entry.begin), entry);
  return file;
}

TensorFile read_safetensors(const std::filesystem::path& path) {
  return parse_safetensors(map_file(path));
}

void write_safetensors(const TensorFile& file, const std::filesystem::path& path) {
  Json header = Json::object();
  if (!file.metadata.empty()) header["__metadata__"] = file.metadata;
  std::uint64_t position = 0;
  NamedTensors contiguous;
  for (const auto& [name, tensor] : file.tensors) {
    const auto& stored = contiguous[name] = tensor.detach().cpu().contiguous();
    const std::uint64_t end = position + stored.nbytes();
    header[name] = {{"dtype", dtype_name(stored.scalar_type())},
                    {"shape", stored.sizes().vec()},
                    {"data_offsets", {position, end}}};
    position = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');

  const std::uint64_t header_size = text.size();
  std::vector<std::string_view> parts{{reinterpret_cast<const char*>(&header_size), kPrefix}, text};
  for (const auto& [name, tensor] : contiguous)
    parts.emplace_back(static_cast<const char*>(tensor.data_ptr()), tensor.nbytes());
  write_atomically(path.string(), parts);
}

}  // namespace restore
