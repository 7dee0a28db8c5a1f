// A prior and a method, ready to restore one measurement after the other.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <torch/types.h>

#include "librestore/core/json.h"
#include "librestore/model/method.h"
#include "tools/restoration/method_options.h"
#include "tools/restoration/noise_option.h"
#include "tools/restoration/presets.h"

namespace restore {

struct Restored {
  torch::Tensor estimate;  // 1 x input_shape of the operator, in the range of the measurement
  // Per value: of the posterior's samples, times Denoiser::deviation_scale(); undefined where none
  // was asked for.
  torch::Tensor deviation;
  Summary summary;
  std::string remark{};  // what a user should know of how it was made; may be empty
};

// What one measurement is restored under.
struct Circumstances {
  std::shared_ptr<const NoiseModel> noise;  // of y
  double range = 1;         // where the values of the whole picture end: 1, or more in float files
  std::uint64_t image = 0;  // keys the random numbers
  std::int64_t y0 = 0, x0 = 0;    // where the scene begins in that of the whole picture
  std::optional<double> level{};  // of noise made white, see whitened(); empty: that of y
};

// Of the files that a prior's name stands for, whose contents decide the result as
// the name does; empty where there are none.
std::string hash_of_prior(const std::string& prior);

class Restorer {
 public:
  // Usage error when the prior, the method or a parameter is unknown, or a value out of range.
  // `memory`: bytes, of which the prior's tiles take a quarter, or half where the method asks for
  // pullbacks, unless options.tile says how large they are.
  Restorer(Task task, const MethodOptions& options, std::int64_t memory);

  // y: 1 x output_shape of A. For a linear A whose scene ends above white, which is where y ends
  // less what noise adds, the problem is divided by that, noise included, and the estimate
  // multiplied by it. Noise that is not white is made so first (operators/whitened.h), without loss
  // where the method takes what the operator then is, else by more noise. Item error when the
  // method diverges.
  Restored restore(const torch::Tensor& y, const std::shared_ptr<const Operator>& A,
                   const Circumstances& circumstances, Observer& observer) const;

  // Bytes that restoring a scene of this shape takes, about, from above.
  double bytes_for(const Shape& scene) const;

  const NoiseOption& noise() const { return noise_; }
  const Denoiser& prior() const { return *prior_; }
  // See priors/factory.h.
  const std::vector<std::filesystem::path>& prior_files() const { return prior_files_; }
  // All that decides the result, for the record of a run.
  const Json& parameters() const { return parameters_; }

 private:
  // `given` with white noise, as the method can take it, and what to tell of that.
  Measurement white(const Measurement& given, const Circumstances& now, std::string& remark) const;

  std::shared_ptr<const Denoiser> prior_;
  std::vector<std::filesystem::path> prior_files_;
  std::string substitute_;  // what to tell where the default prior is not installed
  std::unique_ptr<Method> method_;
  std::int64_t tile_ = 0;     // side of the prior's tiles, px; 0: none
  std::int64_t samples_ = 0;  // of the posterior
  bool draws_ = false, one_sample_ = false, wants_deviation_ = false;
  double deviation_scale_ = 1;
  NoiseOption noise_;
  std::uint64_t seed_;
  Json parameters_;
};

}  // namespace restore
