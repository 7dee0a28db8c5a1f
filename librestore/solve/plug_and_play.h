// What the plug-and-play methods share: a floor under the noise, the prior's step, items one by
// one.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <torch/types.h>

#include "librestore/model/method.h"

namespace restore {

// sigma_y, or kSigmaFloor where that is higher.
double floored_sigma(const Measurement& measurement);

// sigma_y below the floor: the estimate has to meet the data.
bool is_noiseless(const Measurement& measurement);

// D for one run: its level kept within the prior's range, its calls counted.
class PriorStep {
 public:
  explicit PriorStep(const Denoiser& prior);

  // The level at which D is called for sigma: what weighs D by a level has to mean this one.
  double level(double sigma) const;
  torch::Tensor operator()(const torch::Tensor& x, double sigma);
  int calls() const { return calls_; }

 private:
  SigmaRange range_;
  std::unique_ptr<DenoiserSession> session_;
  int calls_ = 0;
};

// Of runs that belong together: the one that ended worst, with the denoiser calls of all.
Summary worst_of(const std::vector<Summary>& summaries);

// Restores the items of the batch one by one, so that none can see another (initial estimates,
// stops and restarts are decided from whole tensors), and puts the results together. The summary is
// the worst_of theirs.
Result restore_items(const Measurement& measurement,
                     const std::function<Result(const Measurement& item)>& restore_one);

// A method that restores items so, and draws nothing.
class ItemwiseMethod : public Method {
 public:
  Result run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
             Observer* observer = nullptr) const final;

 private:
  // Of a batch of one.
  virtual Result run_item(const Measurement& measurement, const Denoiser& prior,
                          Observer* observer) const = 0;
};

}  // namespace restore
