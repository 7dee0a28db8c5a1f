// Runs a fuzz target over the files of folders, in place of libFuzzer's main: on each file, on each
// cut short at some places, and on each with some bits turned. The places are spread by a fixed
// rule.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <vector>

#include <sys/resource.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kVariants = 200;  // of each kind, a file
constexpr long kLargestGrowth = 256;    // MiB that reading small files may add to the peak

Bytes read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void run(const Bytes& bytes) { LLVMFuzzerTestOneInput(bytes.data(), bytes.size()); }

void run_variants(const Bytes& bytes) {
  run(bytes);
  for (std::size_t i = 0; i < kVariants && !bytes.empty(); ++i) {
    const std::size_t place = i * 2654435761 % bytes.size();
    run({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(place)});
    auto turned = bytes;
    turned[place] ^= static_cast<std::uint8_t>(1 + i * 97 % 255);
    run(turned);
  }
}

long peak_in_mib() {
  struct rusage usage {};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

}  // namespace

int main(int argc, char** argv) {
  std::set<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i)
    for (const auto& entry : std::filesystem::directory_iterator(argv[i]))
      files.insert(entry.path());
  const long before = peak_in_mib();
  for (const auto& file : files) {
    std::printf("%s\n", file.filename().c_str());
    std::fflush(stdout);
    run_variants(read_file(file));
  }
  const long growth = peak_in_mib() - before;
  std::printf("%zu files, %ld MiB\n", files.size(), growth);
  return files.empty() || growth > kLargestGrowth ? 1 : 0;
}
