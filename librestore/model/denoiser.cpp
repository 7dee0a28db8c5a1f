#include "librestore/model/denoiser.h"

#include "librestore/core/error.h"

namespace restore {
namespace {

class PlainSession : public DenoiserSession {
 public:
  explicit PlainSession(const Denoiser& denoiser) : denoiser_(denoiser) {}
  torch::Tensor denoise(const torch::Tensor& x, double sigma) override {
    return denoiser_.denoise(x, sigma);
  }

 private:
  const Denoiser& denoiser_;
};

}  // namespace

std::unique_ptr<DenoiserSession> Denoiser::session() const {
  return std::make_unique<PlainSession>(*this);
}

torch::Tensor MmseDenoiser::score(const torch::Tensor& x, double sigma) const {
  if (!(sigma > 0)) throw usage_error("score: sigma must be positive, got {}", sigma);
  return (denoise(x, sigma) - x) / (sigma * sigma);
}

}  // namespace restore
