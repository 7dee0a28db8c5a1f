#include "priors/neural/safetensors.h"

#include <array>
#include <bit>
#include <cstring>
#include <fstream>

#include "librestore/core/error.h"
#include "librestore/core/interrupt.h"
#include "librestore/core/json.h"

namespace restore {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors is little-endian");

constexpr std::uint64_t kPrefix = 8;
constexpr std::uint64_t kMaxHeader = 100'000'000;  // the reference implementation's limit
constexpr std::uint64_t kAlignment = 8;

struct DtypeRow {
  const char* name;
  torch::ScalarType type;
};
constexpr std::array<DtypeRow, 3> kDtypes{
    {{"F32", torch::kFloat32}, {"F16", torch::kFloat16}, {"BF16", torch::kBFloat16}}};

torch::ScalarType dtype_from_name(const std::string& name, const std::string& where,
                                  const std::string& tensor) {
  for (const auto& row : kDtypes)
    if (name == row.name) return row.type;
  throw item_error("{}: tensor '{}' has dtype '{}'; F32, F16 and BF16 can be read", where, tensor,
                   name);
}

std::string dtype_name(torch::ScalarType type) {
  for (const auto& row : kDtypes)
    if (type == row.type) return row.name;
  throw std::logic_error("write_safetensors: a tensor is neither float32, float16 nor bfloat16");
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

// JSON with duplicate keys refused: which of two entries counts must not be left to a parser.
Json parse_header(std::string_view text, const std::string& where) {
  std::vector<std::vector<std::string>> keys;
  bool duplicate = false;
  const auto callback = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key) {
      auto& seen = keys.back();
      const std::string key = parsed;
      duplicate =
          duplicate || (depth == 1 && std::find(seen.begin(), seen.end(), key) != seen.end());
      if (depth == 1) seen.push_back(key);
    }
    return true;
  };
  Json header = Json::parse(text, callback, /*allow_exceptions=*/false);
  if (header.is_discarded() || !header.is_object())
    throw item_error("{}: the safetensors header is not a JSON object", where);
  if (duplicate) throw item_error("{}: the safetensors header names a tensor twice", where);
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

std::vector<unsigned char> read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary | std::ios::ate);
  const auto size = stream ? static_cast<std::streamoff>(stream.tellg()) : -1;
  if (size < 0) throw item_error("{}: cannot be read", path.string());
  std::vector<unsigned char> bytes(static_cast<std::size_t>(size));
  stream.seekg(0);
  stream.read(reinterpret_cast<char*>(bytes.data()), size);
  if (!stream) throw item_error("{}: cannot be read to its end", path.string());
  return bytes;
}

}  // namespace

TensorFile parse_safetensors(std::span<const unsigned char> bytes, const std::string& where) {
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
  for (const auto& entry : entries) {
    auto tensor = torch::empty(entry.shape, torch::TensorOptions().dtype(entry.type));
    if (entry.end > entry.begin)
      std::memcpy(tensor.data_ptr(), data.data() + entry.begin, entry.end - entry.begin);
    file.tensors[entry.name] = tensor;
  }
  return file;
}

TensorFile read_safetensors(const std::filesystem::path& path) {
  return parse_safetensors(read_file(path), path.string());
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

  TemporaryFile temporary(path.string());
  std::ofstream stream(temporary.path(), std::ios::binary);
  const std::uint64_t header_size = text.size();
  stream.write(reinterpret_cast<const char*>(&header_size), kPrefix);
  stream.write(text.data(), static_cast<std::streamsize>(text.size()));
  for (const auto& [name, tensor] : contiguous)
    stream.write(static_cast<const char*>(tensor.data_ptr()),
                 static_cast<std::streamsize>(tensor.nbytes()));
  stream.close();
  if (!stream) throw item_error("{}: cannot be written (disk full?)", path.string());
  temporary.commit();
}

}  // namespace restore
