// A method (solver or sampler) turns a measurement and a prior into an image.
#pragma once

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <torch/types.h>

#include "librestore/core/json.h"
#include "librestore/core/rng.h"
#include "librestore/model/denoiser.h"
#include "librestore/model/measurement.h"

namespace restore {

enum class Termination {
  converged,       // the stop criterion holds
  max_iterations,  // the schedule's end; for a fixed schedule this is success
  diverged,        // NaN, or the residual grew without bound: the estimate is not to be used
  stopped,         // the observer said so
};

std::string to_string(Termination termination);

// Why a method stopped and what it cost.
struct Summary {
  Termination termination = Termination::max_iterations;
  std::string message;  // one line for people
  int iterations = 0;
  int denoiser_calls = 0;           // NFE
  double fixed_point_residual = 0;  // ||x_k - x_{k-1}|| / ||x_k||
  double data_residual = 0;         // residual_in_sigmas of the estimate
  bool usable() const { return termination != Termination::diverged; }
};

Json to_json(const Summary& summary);

struct Result {
  torch::Tensor estimate;              // N x input_shape
  std::vector<torch::Tensor> samples;  // posterior samples where the method draws any
  Summary summary;
};

struct StepReport {
  int iteration = 0;  // 1-based
  int iterations = 0;
  double sigma = 0;  // the denoiser's level in this step
  double step = 0;   // of the data term: of a gradient, or 1 / rho of a prox; 0: not one number
  double fixed_point_residual = 0;
  const torch::Tensor* estimate = nullptr;
};

// Watches a method at work: progress, trace, preview. Return false to stop.
class Observer {
 public:
  virtual ~Observer() = default;
  // What the method is about to explain, where a tool runs it: valid until it returns.
  virtual void begin(const Measurement&) {}
  virtual bool step(const StepReport& report) = 0;
};

// How a run uses its prior, for who plans memory.
struct PriorUse {
  bool pullbacks = false;   // MmseDenoiser::linearize, not values alone
  std::int64_t states = 1;  // pictures that one call evaluates, and that are kept between calls
  std::int64_t kept = 0;    // more pictures that are kept, but not evaluated
};

class Method {
 public:
  virtual ~Method() = default;
  virtual PriorUse prior_use() const { return {}; }
  // Whether its equations are made for A: of the rung, or of the kind, that they ask for.
  virtual bool takes(const Operator& /*A*/) const { return true; }
  // `observer` may be null. Methods call throw_if_interrupted() once a step.
  virtual Result run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
                     Observer* observer = nullptr) const = 0;
};

// What every iterative method does at the end of a step: measure the move from `previous` to `x`,
// notice NaN and divergence, tell the observer, notice a signal. True: go on.
class StepMonitor {
 public:
  // The tolerance where a schedule is the stop, whatever a step moves.
  static constexpr double kNever = -1;

  StepMonitor(const char* method, int iterations, double tolerance, Observer* observer);

  bool proceed(const torch::Tensor& previous, const torch::Tensor& x, double sigma,
               double step = 0);
  // Fills in the data residual and, when nothing else ended the run, `max_iterations`.
  Summary finish(const Measurement& measurement, const torch::Tensor& x, int denoiser_calls);

 private:
  void end(Termination termination, std::string message);

  const char* method_;
  int iterations_;
  double tolerance_;
  Observer* observer_;
  Summary summary_;
  double smallest_residual_ = std::numeric_limits<double>::infinity();
  double first_rms_ = 1;  // of what the first step began with, [0,1] units, at least 1
  bool ended_ = false;
};

}  // namespace restore
