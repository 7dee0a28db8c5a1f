// Training by denoising score matching: one network for all noise levels.
//
//   minimise E lambda(s) ||D(x0 + s n, s) - x0||^2,  lambda = 1/c_out(s)^2 (preconditioning.h),
//
// with Muon (muon.h) for the matrices that mix channels and Adam (Kingma, Ba 2015,
// https://arxiv.org/abs/1412.6980) for the rest, a linear warm-up, a cosine decay over the larger
// of the used fractions of steps and of time, clipped gradients and an exponential moving average
// of the weights. A step is cut into micro-batches that run side by side, one thread each, and are
// summed in order: the result does not depend on the number of threads.
#pragma once

#include <array>
#include <chrono>
#include <string>

#include <torch/types.h>

#include "priors/neural/photo_pool.h"
#include "priors/neural/processor.h"
#include "priors/neural/training_state.h"

namespace restore {

struct TrainOptions {
  std::int64_t steps = 0;               // 0: no limit
  double hours = 0;                     // of wall time over all sessions; 0: no limit
  double learning_rate = 1e-3;          // at the end of the warm-up
  int warm_up = 200;                    // steps
  double final_rate = 0.01;             // of the learning rate, at the end of the cosine
  double clip = 1;                      // largest norm of the gradient
  double ema = 0.999;                   // of the moving average; shorter at the start
  int micro_batches = 2;                // of about 64 x 64 x 16 pixels each
  int crop = 64;                        // px at the start, a multiple of the network's alignment
  bool progressive = true;              // crops grow to 1.5 and 2 times at 60 and 85 % of the run
  bool muon = true;                     // false: Adam for all weights
  bool bfloat16 = has_fast_bfloat16();  // convolutions of the blocks
  double restoration_share = 0.85;  // of the noise levels drawn from [0.01, 1], else [0.002, 50]
  int threads = 1;
  CropOptions crops;
};

constexpr double kSigmaMinimum = 0.002, kSigmaMaximum = 50;
// Upper ends of the bands by which the loss is reported; the last is open.
constexpr std::array<double, 5> kBandEnds = {0.01, 0.03, 0.1, 0.3, 1};
constexpr std::size_t kBands = kBandEnds.size() + 1;

struct BandLoss {
  std::array<double, kBands> sum{};  // of lambda ||D - x0||^2 / pixels
  std::array<std::int64_t, kBands> count{};
  void add(double sigma, double loss);
  void add(const BandLoss& other);
  double mean() const;
  double mean(std::size_t band) const;  // 0 where nothing was counted
};

struct StepResult {
  BandLoss loss;
  double gradient_norm = 0;
  double learning_rate = 0;
  int crops = 0;
};

class Trainer {
 public:
  Trainer(const PhotoPool& photos, const TrainOptions& options, TrainingState state);

  // One optimiser step. Throws an error when loss or gradient is not finite; the state is then the
  // one before the step.
  StepResult step();
  // Fraction of the run that is used up, by steps or by time, whichever is further.
  double progress() const;
  bool finished() const { return progress() >= 1; }
  // The state with its clock brought up to date.
  const TrainingState& state();

 private:
  struct Shape {
    int crop, items;  // px; crops of one micro-batch
  };
  struct Part {
    NamedTensors gradient;
    BandLoss loss;
  };

  Shape shape() const;
  double learning_rate() const;
  double seconds() const;
  double draw_sigma(double u) const;
  Part run_micro_batch(const NamedTensors& weights, int index, const Shape& shape) const;
  // `shrink`: the factor that clips the gradient.
  void update(const NamedTensors& gradient, double shrink, double rate);

  const PhotoPool& photos_;
  TrainOptions options_;
  TrainingState state_;
  std::chrono::steady_clock::time_point start_;
  double seconds_before_;
};

// How well the weights denoise pictures that they were not trained on: `clean`, N x 3 x H x W, with
// noise of a fixed seed.
class HeldOutMeasure {
 public:
  HeldOutMeasure(const NetworkConfig& network, const NamedTensors& weights,
                 const torch::Tensor& clean, bool bfloat16);
  // dB, mean over the pictures, estimates clipped to [0,1].
  double psnr(double sigma) const;
  // What training minimises, at two noise levels a band: a quarter of its logarithmic width from
  // its ends.
  BandLoss loss() const;

 private:
  template <class Function>
  double mean(double sigma, Function&& of) const;  // of(estimate, x0) over the pictures

  NetworkConfig network_;
  NamedTensors weights_;
  torch::Tensor clean_;
};

}  // namespace restore
