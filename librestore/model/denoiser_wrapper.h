// A denoiser of a denoiser: all that a wrapper does not override is what the inner one says.
#pragma once

#include <memory>
#include <utility>

#include "librestore/model/denoiser.h"

namespace restore {

// A picture that is kept while the inner denoiser runs, in bytes a pixel: three channels of
// float32.
constexpr double kBytesOfPicture = 12;

// `Base`: Denoiser or MmseDenoiser. A session makes plain calls of the wrapper, which the inner
// one's would pass by.
template <typename Base>
class WrapperOf : public Base {
 public:
  std::optional<int> receptive_field() const override { return inner_->receptive_field(); }
  int alignment() const override { return inner_->alignment(); }
  double bytes_per_pixel() const override { return inner_->bytes_per_pixel(); }
  SigmaRange sigma_range() const override { return inner_->sigma_range(); }
  std::string name() const override { return inner_->name(); }
  std::string remark(std::int64_t height, std::int64_t width) const override {
    return inner_->remark(height, width);
  }
  double deviation_scale(const std::string& method) const override {
    return inner_->deviation_scale(method);
  }

 protected:
  explicit WrapperOf(std::shared_ptr<const Base> inner) : inner_(std::move(inner)) {}

  const std::shared_ptr<const Base>& inner() const { return inner_; }

 private:
  std::shared_ptr<const Base> inner_;
};

using DenoiserWrapper = WrapperOf<Denoiser>;

class MmseWrapper : public WrapperOf<MmseDenoiser> {
 public:
  double pullback_bytes_per_pixel() const override { return inner()->pullback_bytes_per_pixel(); }

 protected:
  using WrapperOf::WrapperOf;
};

}  // namespace restore
