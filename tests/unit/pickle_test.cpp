// The pickle machine: it knows state dicts, and refuses by name whatever else a pickle may say.
#include "priors/neural/checkpoint/pickle.h"

#include <boost/test/unit_test.hpp>

#include "tests/support/zip_bytes.h"

using namespace restore;
using namespace std::string_literals;

namespace {

FileBytes file_of(const std::string& text) {
  return testing::in_memory({text.begin(), text.end()});
}

std::string refusal(const std::string& text) {
  try {
    read_pickle(file_of(text));
  } catch (const Error& error) {
    BOOST_TEST((error.code() == ExitCode::some_failed));
    return error.what();
  }
  return "accepted";
}

// The only value of a pickle, of this type.
template <typename T>
T value(const std::string& text) {
  const auto pickle = read_pickle(file_of(text));
  BOOST_TEST(pickle.end == text.size());
  const T* found = pickle.root->as<T>();
  BOOST_REQUIRE(found != nullptr);
  return *found;
}

const std::string kProtocol = "\x80\x02"s;
// ('storage', torch.FloatStorage, '0', 'cpu', 6)
const std::string kStorage =
    "(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0"s + "0X\3\0\0\0cpuK\6tQ"s;
// _rebuild_tensor_v2(storage, 1, (2, 2), (2, 1), False, OrderedDict())
const std::string kTensor = "ctorch._utils\n_rebuild_tensor_v2\n("s + kStorage +
                            "K\1K\2K\2\x86K\2K\1\x86\x89"s + "ccollections\nOrderedDict\n)RtR"s;

struct Refused {
  std::string pickle;
  const char* message;  // part of it
};

const std::vector<Refused> kRefused{
    {"cos\nsystem\n(X\2\0\0\0lstR."s, "names 'os.system'"},
    {"cbuiltins\neval\n."s, "names 'builtins.eval'"},
    {"ctorch\nload\n."s, "names 'torch.load'"},
    {"ccollections\nOrderedDict\n(K\1tR."s, "calls 'collections.OrderedDict' with arguments"},
    {"ctorch\nFloatStorage\n)R."s, "calls 'torch.FloatStorage'"},
    {"K\1)R."s, "calls what is no function"},
    {"(S'ls'\nios\nsystem\n."s, "uses STRING"},
    {"(ios\nsystem\n."s, "uses INST"},
    {"(cos\nsystem\no."s, "names 'os.system'"},
    {"\x8c\2os\x8c\6system\x93."s, "uses SHORT_BINUNICODE"},
    {"NN\x93."s, "uses STACK_GLOBAL"},
    {"N)\x81."s, "uses NEWOBJ"},
    {"\x82\1."s, "uses EXT1"},
    {"Pos.system\n."s, "uses PERSID"},
    {"\x95\0\0\0\0\0\0\0\0."s, "uses FRAME"},
    {"\xff"s, "uses 0xff"},
    {"\x80\4N."s, "protocol 4"},
    {"NN."s, "more than one value"},
    {"(N."s, "more than one value"},
    {"."s, "more than one value"},
    {"t."s, "lacks a mark"},
    {"\x85."s, "empty stack"},
    {"N(\x85."s, "empty stack"},
    {"NNs."s, "empty stack"},
    {"NNNs."s, "needs a dict"},
    {"}(Nu."s, "key without a value"},
    {"NNa."s, "needs a list"},
    {"NNb."s, "needs an OrderedDict"},
    {"h\0."s, "recalls what it never stored"},
    {"j\xff\xff\xff\xff."s, "recalls what it never stored"},
    {"\x8a\x09"s + std::string(9, '\1') + ".", "more than 64 bits"},
    {"NQ."s, "persistent id that is no tuple"},
    {"(X\4\0\0\0filetQ."s, "persistent id that is no storage"},
    {"(X\7\0\0\0storageNtQ."s, "a storage with a wrong part 1"},
    {"ctorch._utils\n_rebuild_tensor_v2\n)R."s, "a tensor with a wrong part 0"},
    {"ctorch._utils\n_rebuild_parameter\n(NtR."s, "a parameter with a wrong part 0"},
    {"X\xff\xff\xff\xffno"s, "outside the file"},
    {"cno line"s, "truncated"},
};

}  // namespace

BOOST_AUTO_TEST_CASE(numbers_and_texts) {
  BOOST_TEST(value<std::int64_t>("K\xff."s) == 255);
  BOOST_TEST(value<std::int64_t>("M\1\2."s) == 0x201);
  BOOST_TEST(value<std::int64_t>("J\xfe\xff\xff\xff."s) == -2);
  BOOST_TEST(value<std::int64_t>("\x8a\0."s) == 0);
  BOOST_TEST(value<std::int64_t>("\x8a\1\xff."s) == -1);
  BOOST_TEST(value<std::int64_t>("\x8a\5\0\0\0\0\1."s) == std::int64_t{1} << 32);
  BOOST_TEST(value<std::int64_t>("\x8a\x08\0\0\0\0\0\0\0\x80."s) ==
             std::numeric_limits<std::int64_t>::min());
  BOOST_TEST(value<double>("G\xc0\4\0\0\0\0\0\0."s) == -2.5);
  BOOST_TEST(value<bool>("\x88."s));
  BOOST_TEST(!value<bool>("\x89."s));
  const auto text = read_pickle(file_of("X\2\0\0\0ab."s));
  BOOST_TEST(*text.root->as<std::string_view>() == "ab");
  BOOST_TEST((read_pickle(file_of("N."s)).root->as<std::monostate>() != nullptr));
}

BOOST_AUTO_TEST_CASE(containers) {
  BOOST_TEST(value<PickleTuple>(").").items.empty());
  BOOST_TEST(value<PickleTuple>("(NNNNt.").items.size() == 4u);
  BOOST_TEST(value<PickleTuple>("NNN\x87.").items.size() == 3u);
  BOOST_TEST(value<PickleList>("](NNe.").items.size() == 2u);
  BOOST_TEST(value<PickleList>("]Na.").items.size() == 1u);
  BOOST_TEST(value<PickleDict>("}(K\1NK\2Nu."s).entries.size() == 2u);
  BOOST_TEST(value<PickleDict>("}K\1Ns."s).entries.size() == 1u);
  // What was stored is the same object, with what it got later: ((list, list)) after an append.
  const auto pickle = read_pickle(file_of("]q\7Nah\7r\0\1\0\0\x86j\0\1\0\0\x86."s));
  const auto& pair = pickle.root->as<PickleTuple>()->items;
  BOOST_TEST((pair[0]->as<PickleTuple>()->items[0] == pair[1]));
  BOOST_TEST(pair[1]->as<PickleList>()->items.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_state_dict) {
  const auto text = kProtocol + "ccollections\nOrderedDict\nq\0)Rq\1X\1\0\0\0w"s + kTensor +
                    "s}X\t\0\0\0_metadataNsb."s;
  const auto pickle = read_pickle(file_of(text));
  const auto* dict = pickle.root->as<PickleDict>();
  BOOST_REQUIRE(dict != nullptr);
  // `_metadata` is no entry.
  BOOST_REQUIRE(dict->entries.size() == 1u);
  BOOST_TEST(*dict->entries[0].first->as<std::string_view>() == "w");
  const auto* tensor = dict->entries[0].second->as<std::unique_ptr<PickleTensor>>();
  BOOST_REQUIRE(tensor != nullptr);
  BOOST_TEST((*tensor)->storage.key == "0");
  BOOST_TEST((*tensor)->storage.elements == 6);
  BOOST_TEST(((*tensor)->storage.type == torch::kFloat32));
  BOOST_TEST((*tensor)->offset == 1);
  BOOST_TEST((*tensor)->shape == (std::vector<std::int64_t>{2, 2}));
  BOOST_TEST((*tensor)->strides == (std::vector<std::int64_t>{2, 1}));
}

BOOST_AUTO_TEST_CASE(whatever_else_a_pickle_says_is_refused_by_name) {
  for (const auto& refused : kRefused) {
    const auto message = refusal(refused.pickle);
    BOOST_TEST_CONTEXT(refused.message << " in " << message) {
      BOOST_TEST(message.find(refused.message) != std::string::npos);
      BOOST_TEST(message.starts_with("test: "));
    }
  }
}

// Neither the stack of this process nor its memory follows how deep a pickle nests or refers.
BOOST_AUTO_TEST_CASE(deep_and_circular_pickles_are_survived) {
  BOOST_TEST(refusal(")" + std::string(1'000'000, '\x85') + ".") == "accepted");
  // A list that holds itself.
  BOOST_TEST(refusal("]q\0h\0a."s) == "accepted");
  std::string doubling = "]q\0"s;
  for (char i = 1; i < 100; ++i)
    doubling += "]q"s + i + "(h" + static_cast<char>(i - 1) + "h" + static_cast<char>(i - 1) + "e";
  // Everything but the last list is below it on the stack.
  BOOST_TEST(refusal(doubling + "t.").find("lacks a mark") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(damage_is_survived) {
  const auto good = kProtocol + kTensor + ".";
  BOOST_TEST(refusal(good) == "accepted");
  for (std::size_t size = 0; size < good.size(); ++size)
    BOOST_TEST(refusal(good.substr(0, size)) != "accepted");
  for (std::size_t at = 0; at < good.size(); ++at)
    for (int byte = 0; byte < 256; ++byte) {
      auto damaged = good;
      damaged[at] = static_cast<char>(byte);
      refusal(damaged);
    }
}
