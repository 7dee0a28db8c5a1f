// Files of torch.save: what PyTorch wrote is read to the bit; what no state dict needs is refused.
#include "priors/neural/checkpoint/torch_file.h"

#include <boost/test/unit_test.hpp>
#include <torch/types.h>

#include "tests/support/zip_bytes.h"

using namespace restore;
using namespace std::string_literals;
using testing::Bytes;

namespace {

std::string refusal(const Bytes& bytes) {
  try {
    read_torch_file(testing::in_memory(bytes));
  } catch (const Error& error) {
    BOOST_TEST((error.code() == ExitCode::some_failed));
    return error.what();
  }
  return "accepted";
}

std::string tuple_of(const std::vector<int>& numbers) {
  std::string out = "(";
  for (const int number : numbers)
    out += "J"s + std::string(reinterpret_cast<const char*>(&number), 4);
  return out + "t";
}

std::string text_of(const std::string& text) {
  return "X"s + static_cast<char>(text.size()) + "\0\0\0"s + text;
}

struct Described {
  std::string key = "0", type = "FloatStorage";
  int elements = 6, offset = 0;
  std::vector<int> shape{2, 3}, strides{3, 1};
};

std::string tensor(const Described& d) {
  const auto number = [](int value) { return tuple_of({value}).substr(1, 5); };
  return "ctorch._utils\n_rebuild_tensor_v2\n((" + text_of("storage") + "ctorch\n" + d.type + "\n" +
         text_of(d.key) + text_of("cpu") + number(d.elements) + "tQ" + number(d.offset) +
         tuple_of(d.shape) + tuple_of(d.strides) + "\x89)tR";
}

// {name: value, ...}
std::string dict_of(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string out = "}(";
  for (const auto& [name, value] : entries) out += text_of(name) + value;
  return out + "u";
}

std::string floats(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

// A zip with this pickle and one storage '0'.
Bytes zip_of(const std::string& pickle, const std::string& storage = floats({0, 1, 2, 3, 4, 5})) {
  return testing::zip_bytes(
      {{"m/data.pkl", "\x80\2"s + pickle + "."}, {"m/data/0", storage}, {"m/version", "3\n"}});
}

NamedTensors read(const std::string& pickle) {
  return read_torch_file(testing::in_memory(zip_of(pickle)));
}

// What scripts/check_checkpoints.py saved with PyTorch; it states the values.
NamedTensors fixture(const std::string& name) {
  return read_torch_file(
      map_file(std::string(RESTORE_SOURCE_DIR) + "/tests/data/checkpoint/" + name));
}

void check_fixture(const NamedTensors& tensors) {
  const auto ramp = torch::arange(12, torch::kFloat32).view({3, 4}) / 4 - 1;
  const std::map<std::string, torch::Tensor> expected{
      {"plain", ramp},
      {"turned", ramp.t()},
      {"part", ramp.narrow(0, 1, 1).narrow(1, 1, 2)},
      {"tied", ramp},
      {"half", ramp.to(torch::kFloat16)},
      {"brain", ramp.to(torch::kBFloat16)},
      {"double", ramp.to(torch::kFloat64)},
      {"count", torch::tensor(7, torch::kInt64)},
      {"number", torch::tensor(0.25F)},
      {"empty", torch::empty({0, 3})},
      {"parameter", ramp.narrow(0, 0, 2)},
  };
  BOOST_TEST(tensors.size() == expected.size());
  for (const auto& [name, value] : expected) {
    BOOST_TEST_CONTEXT(name) {
      BOOST_REQUIRE(tensors.contains(name));
      BOOST_TEST((tensors.at(name).scalar_type() == value.scalar_type()));
      BOOST_TEST(torch::equal(tensors.at(name), value));
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(files_of_pytorch_are_read_to_the_bit) {
  for (const auto* name : {"zip.pth", "legacy.pth", "wrapped.pth", "parallel.pth"})
    BOOST_TEST_CONTEXT(name) check_fixture(fixture(name));
}

BOOST_AUTO_TEST_CASE(dicts_inside_join_their_names) {
  const auto tensors = fixture("nested.pth");
  BOOST_TEST(tensors.size() == 2u);
  BOOST_TEST(torch::equal(tensors.at("0.weight"), torch::full({2}, 1.0)));
  BOOST_TEST(torch::equal(tensors.at("10.weight"), torch::full({2}, 2.0)));
}

BOOST_AUTO_TEST_CASE(foreign_globals_are_refused_by_name) {
  const auto says = [](const char* name, const std::string& part) {
    BOOST_CHECK_EXCEPTION(fixture(name), Error, [&](const Error& error) {
      return std::string(error.what()).find(part) != std::string::npos;
    });
  };
  says("command.pth", "names 'posix.system'");
  says("script.pt", "TorchScript");
}

BOOST_AUTO_TEST_CASE(views_of_a_storage) {
  const auto t = read(dict_of({{"w", tensor({.offset = 1, .shape = {2, 2}, .strides = {1, 2}})}}));
  BOOST_TEST(torch::equal(t.at("w"), torch::tensor({{1.0F, 3.0F}, {2.0F, 4.0F}})));
  // The averaged weights count, not those they were averaged from.
  const auto first = tensor({.shape = {1}, .strides = {1}});
  const auto last = tensor({.offset = 5, .shape = {1}, .strides = {1}});
  const auto ema = read(dict_of(
      {{"model", dict_of({{"w", first}})}, {"ema", dict_of({{"w", last}})}, {"step", "K\7"}}));
  BOOST_TEST(ema.at("w").item<float>() == 5);
}

BOOST_AUTO_TEST_CASE(tensors_outside_their_storage_are_refused) {
  const int huge = 0x7fffffff;
  const std::vector<std::pair<Described, const char*>> refused{
      {{.elements = 7}, "larger than its storage"},
      {{.elements = huge}, "larger than its storage"},
      {{.elements = -1}, "larger than its storage"},
      {{.type = "DoubleStorage"}, "larger than its storage"},
      {{.key = "1"}, "in no part of the file"},
      {{.offset = 1}, "larger than its storage"},
      {{.offset = huge}, "larger than its storage"},
      {{.offset = -1}, "begins before"},
      {{.shape = {3, 3}}, "larger than its storage"},
      {{.shape = {2, 3}, .strides = {4, 1}}, "larger than its storage"},
      {{.shape = {2, 3}, .strides = {3, 2}}, "larger than its storage"},
      {{.shape = {2, 3}, .strides = {huge, 1}}, "larger than its storage"},
      {{.shape = {-2, 3}}, "negative"},
      {{.shape = {2, 3}, .strides = {-3, 1}}, "negative"},
      {{.shape = {6}}, "one stride"},
      {{.shape = {0, huge}, .strides = {1, 1}}, "larger than its storage"},
      // An expanded tensor: a few bytes that ask for terabytes.
      {{.shape = {huge, huge}, .strides = {0, 0}}, "larger than its storage"},
      {{.shape = {6, 6, 6}, .strides = {0, 0, 0}}, "larger than its storage"},
  };
  for (const auto& [described, part] : refused) {
    const auto message = refusal(zip_of(dict_of({{"w", tensor(described)}})));
    BOOST_TEST_CONTEXT(part << " in " << message) {
      BOOST_TEST(message.find(part) != std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(many_names_for_one_storage_are_refused) {
  std::vector<std::pair<std::string, std::string>> entries;
  const std::string many = floats(std::vector<float>(4096));
  for (int i = 0; i < 200; ++i)
    entries.emplace_back(std::to_string(i),
                         tensor({.elements = 4096, .shape = {4096}, .strides = {1}}));
  BOOST_TEST(refusal(zip_of(dict_of(entries), many)).find("more than the file") !=
             std::string::npos);
}

// A dict whose `width` values are all one and the same dict, and so on: width^depth names.
std::string multiplying(int width, int depth) {
  if (depth == 0) return "}";
  const std::string slot(1, static_cast<char>(depth));
  std::string out = "}(" + text_of("0") + multiplying(width, depth - 1) + "q" + slot;
  for (int i = 1; i < width; ++i) out += text_of(std::to_string(i)) + "h" + slot;
  return out + "u";
}

BOOST_AUTO_TEST_CASE(dicts_that_multiply_are_refused) {
  BOOST_TEST(refusal(zip_of(multiplying(60, 8))).find("more entries") != std::string::npos);
  BOOST_TEST(refusal(zip_of(multiplying(1, 20))).find("too deep") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_no_state_dict_is_refused) {
  const auto says = [](const Bytes& bytes, const std::string& part) {
    const auto message = refusal(bytes);
    BOOST_TEST_CONTEXT(message) BOOST_TEST(message.find(part) != std::string::npos);
  };
  says(zip_of("K\1"), "no state dict");
  says(zip_of("}"), "no tensors");
  says(zip_of(dict_of({{"w", tensor({})}, {"w", tensor({})}})), "twice");
  says(testing::zip_bytes({{"m/other", ""}}), "without a stored data.pkl");
  says(testing::zip_bytes({{"m/data.pkl", "}."}, {"m/byteorder", "big"}}), "big-endian");
  says({'n', 'o'}, "not a file of torch.save");
}
