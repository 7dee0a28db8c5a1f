// The safetensors reader: what was written comes back, and whatever breaks a rule is refused.
#include "priors/tensor_file/safetensors.h"

#include <csignal>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <sys/resource.h>
#include <torch/types.h>

#include "librestore/core/error.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/zip_bytes.h"

using namespace restore;

namespace {

// The bytes of a file with this header and `data_size` bytes of zeros.
std::vector<unsigned char> file_bytes(const std::string& header, std::size_t data_size,
                                      std::int64_t header_size = -1) {
  const std::uint64_t stated = header_size < 0 ? header.size() : header_size;
  std::vector<unsigned char> bytes(8 + header.size() + data_size);
  std::memcpy(bytes.data(), &stated, 8);
  std::memcpy(bytes.data() + 8, header.data(), header.size());
  return bytes;
}

std::string refusal(const std::vector<unsigned char>& bytes) {
  try {
    parse_safetensors(testing::in_memory(bytes));
  } catch (const Error& error) {
    BOOST_TEST((error.code() == ExitCode::some_failed));
    return error.what();
  }
  return "accepted";
}

const std::string kGood = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";

struct Bad {
  const char* header;
  std::size_t data_size;
  const char* message;  // part of it
};

const std::vector<Bad> kBad{
    {"", 8, "not a JSON object"},
    {"[]", 0, "not a JSON object"},
    {"{", 0, "not a JSON object"},
    {"{} x", 0, "not a JSON object"},
    {R"({"a":7})", 0, "must have exactly"},
    {R"({"a":{"dtype":"F32","shape":[2]}})", 8, "must have exactly"},
    {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}})", 8, "must have exactly"},
    {R"({"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}})", 8, "dtype 'F8_E4M3'"},
    {R"({"a":{"dtype":4,"shape":[2],"data_offsets":[0,8]}})", 8, "dtype is not a string"},
    {R"({"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}})", 8, "shape is not"},
    {R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8, "shape is not"},
    {R"({"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}})", 8, "shape is not"},
    {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}})", 8, "data_offsets is not"},
    {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,-8]}})", 8, "data_offsets is not"},
    {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8, "outside the file"},
    {R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})", 8, "outside the file"},
    {R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8, "larger than the file"},
    {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", 8, "disagree"},
    // 2^62 values of 4 bytes are 0 bytes in 64-bit arithmetic.
    {R"({"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}})", 0, "larger"},
    {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
     R"("b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
     8, "overlaps"},
    {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
     R"("b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}})",
     12, "unused bytes"},
    {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 9, "1 bytes follow"},
    {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
     R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
     8, "twice"},
    {R"({"a":{"dtype":"F32","shape":[[2]],"data_offsets":[0,8]}})", 8, "too deep"},
    {R"({"a":[[[[[[[[[]]]]]]]]]})", 0, "too deep"},
    {R"({"__metadata__":[]})", 0, "__metadata__ is not"},
    {R"({"__metadata__":{"k":1}})", 0, "entry 'k' is not"},
};

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_written_comes_back_bit_for_bit) {
  const testing::TemporaryFolder folder;
  TensorFile file;
  file.tensors["wide"] = torch::randn({3, 1, 5});
  file.tensors["half"] = torch::randn({7}).to(torch::kFloat16);
  file.tensors["brain"] = torch::randn({2, 2}).to(torch::kBFloat16);
  for (const auto type : {torch::kFloat64, torch::kInt64, torch::kInt32, torch::kInt16,
                          torch::kInt8, torch::kUInt8, torch::kBool})
    file.tensors[torch::toString(type)] = torch::arange(3).to(type);
  file.tensors["number"] = torch::tensor(0.25f);
  file.tensors["empty"] = torch::empty({0, 4});
  // Stored in the order of its indices, whatever its layout.
  file.tensors["turned"] = torch::randn({4, 3}).t();
  file.metadata = {{"key", "a \"quoted\" text\n"}};
  const auto path = folder.path() / "f.safetensors";
  write_safetensors(file, path);

  const auto back = read_safetensors(path);
  BOOST_TEST(back.metadata == file.metadata);
  BOOST_REQUIRE(back.tensors.size() == file.tensors.size());
  for (const auto& [name, tensor] : file.tensors) {
    BOOST_TEST_CONTEXT(name) {
      BOOST_TEST((back.tensors.at(name).scalar_type() == tensor.scalar_type()));
      BOOST_TEST(torch::equal(back.tensors.at(name), tensor));
    }
  }
}

// A limit on the size of files stops a writer where a full disk would.
BOOST_AUTO_TEST_CASE(what_cannot_be_written_says_why_and_leaves_what_was_there) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "f.safetensors";
  write_safetensors({{{"old", torch::zeros({3})}}, {}}, path);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit limited = before;
  limited.rlim_cur = 1000;
  setrlimit(RLIMIT_FSIZE, &limited);
  std::string message;
  try {
    write_safetensors({{{"new", torch::zeros({1000})}}, {}}, path);
  } catch (const Error& error) {
    message = error.what();
  }
  setrlimit(RLIMIT_FSIZE, &before);
  BOOST_TEST(message.starts_with(path.string() + ": cannot write: File too large"), message);
  BOOST_TEST(read_safetensors(path).tensors.contains("old"));
  BOOST_TEST(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

BOOST_AUTO_TEST_CASE(a_minimal_file_is_read) {
  BOOST_TEST(refusal(file_bytes(kGood, 8)) == "accepted");
  BOOST_TEST(refusal(file_bytes("{}", 0)) == "accepted");
  BOOST_TEST(refusal(file_bytes(kGood + "   ", 8)) == "accepted");
}

BOOST_AUTO_TEST_CASE(a_broken_header_is_refused) {
  for (const auto& bad : kBad) {
    const auto message = refusal(file_bytes(bad.header, bad.data_size));
    BOOST_TEST_CONTEXT(bad.header << " says " << message) {
      BOOST_TEST(message.find(bad.message) != std::string::npos);
      BOOST_TEST(message.find("test: ") == 0u);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_header_longer_than_the_file_is_refused) {
  for (const std::int64_t size : {std::int64_t{1} << 20, std::int64_t{1} << 62, std::int64_t{63}})
    BOOST_TEST(refusal(file_bytes(kGood, 8, size)).find("longer than") != std::string::npos);
}

// Every file cut short is refused: no cut leaves a valid file.
BOOST_AUTO_TEST_CASE(a_truncated_file_is_refused) {
  const auto bytes = file_bytes(kGood, 8);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    BOOST_TEST(refusal({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}) !=
               "accepted");
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_named) {
  BOOST_CHECK_EXCEPTION(read_safetensors("/nowhere/f.safetensors"), Error, [](const Error& error) {
    return std::string(error.what()).find("/nowhere/f.safetensors") != std::string::npos;
  });
}
