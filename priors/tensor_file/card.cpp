#include "priors/tensor_file/card.h"

#include <algorithm>
#include <array>

#include <openssl/evp.h>

#include "librestore/core/error.h"

namespace restore {
namespace {

constexpr std::array<std::string_view, 10> kFacts{
    "architecture", "parameters",      "macs_per_pixel", "receptive_field_px", "sigma_range",
    "sha256",       "parametrization", "kind",           "components",         "patch_side"};

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    check(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
  }
  void add(const void* bytes, std::size_t size) {
    check(EVP_DigestUpdate(context_.get(), bytes, size));
  }
  std::string hex() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    check(EVP_DigestFinal_ex(context_.get(), digest, &size));
    std::string text;
    for (unsigned int i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
    return text;
  }

 private:
  static void check(bool ok) {
    if (!ok) throw std::runtime_error("libcrypto cannot compute SHA-256");
  }
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

bool is_card_fact(std::string_view key) {
  return std::find(kFacts.begin(), kFacts.end(), key) != kFacts.end();
}

Json card_with(Json facts, const Json& about) {
  for (const auto& [key, value] : about.items())
    if (!is_card_fact(key)) facts[key] = value;
  return facts;
}

std::string tensors_sha256(const NamedTensors& tensors) {
  Sha256 hash;
  for (const auto& [name, tensor] : tensors) {
    const auto stored = tensor.contiguous();
    std::string header = fmt::format("{} {}", name, torch::toString(stored.scalar_type()));
    for (const auto extent : stored.sizes()) header += fmt::format(" {}", extent);
    hash.add(header.c_str(), header.size() + 1);
    hash.add(stored.data_ptr(), stored.nbytes());
  }
  return hash.hex();
}

}  // namespace restore
