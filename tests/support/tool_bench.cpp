#include "tests/support/tool_bench.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include <boost/test/unit_test.hpp>

namespace restore::testing {
namespace {

namespace fs = std::filesystem;

constexpr int kWidth = 48, kHeight = 40;

std::string joined(const Words& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string what_it_holds(const fs::directory_entry& entry) {
  if (entry.is_symlink()) return "link to " + fs::read_symlink(entry.path()).string();
  if (entry.is_directory()) return "folder";
  if (entry.is_regular_file()) return "file " + read_bytes(entry.path());
  return "special";
}

}  // namespace

ToolBench::ToolBench() {
  write_raw(folder_ / "photo.png", example_picture(kWidth, kHeight));
  const auto is_hole = [](int y, int x) { return y >= 15 && y < 21 && x >= 20 && x < 30; };
  write_raw(folder_ / "mask.png", example_mask(kWidth, kHeight, is_hole));
  fs::create_directory(folder_ / "out");
}

ProcessResult ToolBench::run(Words words, ProcessOptions options) const {
  if (words.at(0) != "restore-compare" && words.at(0) != "restore-prior")
    words.insert(words.end(), {"--progress", "none"});
  if (options.folder.empty()) options.folder = path();
  return run_restore(words, options);
}

ProcessResult ToolBench::run_well(const Words& words) const {
  const auto result = run(words);
  BOOST_TEST_REQUIRE(result.exit_code == 0, joined(words) << ": " << result.err);
  BOOST_TEST(result.err == "", joined(words) << ": " << result.err);
  return result;
}

void ToolBench::check_refusal(const Words& words, ExitCode code, const Words& mentions,
                              const ProcessOptions& options) const {
  BOOST_TEST_CONTEXT(joined(words)) {
    const auto before = contents();
    const auto result = run(words, options);
    BOOST_TEST(result.exit_code == static_cast<int>(code));
    BOOST_TEST(lines_of(result.err).size() == 1U, "not one line: " << result.err);
    BOOST_TEST(result.err.starts_with(words[0] + ": "), result.err);
    for (const auto& mention : mentions)
      BOOST_TEST(result.err.find(mention) != std::string::npos,
                 "'" << mention << "' is not in: " << result.err);
    BOOST_TEST((contents() == before), "files have changed");
  }
}

std::map<std::string, std::string> ToolBench::contents() const {
  std::map<std::string, std::string> all;
  for (const auto& entry : fs::recursive_directory_iterator(path()))
    all[entry.path().lexically_relative(path()).string()] = what_it_holds(entry);
  return all;
}

std::vector<Words> single_picture_calls(const std::string& input, const std::string& output) {
  return {
      {"restore-inpaint", input, "--mask", "mask.png", "-o", output},
      {"restore-upscale", input, "-s", "2", "-o", output},
      {"restore-deblur", input, "--psf", "gaussian:1", "-o", output},
      {"restore-pnp", input, "--operator", "identity", "-o", output},
      {"restore-degrade", input, "--operator", "identity", "--noise", "0.1", "-o", output},
  };
}

std::string read_bytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

void write_bytes(const fs::path& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

}  // namespace restore::testing
