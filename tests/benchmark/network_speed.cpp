// What a trained prior costs, beside the peak of a plain large convolution in the same run.
//
//   network_speed PRIOR.safetensors... [--size 1024] [--rounds 7] [--threads 1,2]
//
// A line for each prior, type of the convolutions and number of threads: seconds a megapixel, the
// GFLOP/s that this is (two operations a multiply-add; norms, gates and copies count as none), and
// the share of the GFLOP/s of a channels-last 3x3 convolution of 256 to 256 channels at 128 x 128
// in the same type. The measurements take turns; medians.
#include <chrono>
#include <cstdio>

#include <ATen/ATen.h>
#include <CLI/CLI.hpp>
#include <torch/csrc/autograd/grad_mode.h>

#include "librestore/core/error.h"
#include "librestore/model/threads.h"
#include "priors/neural/denoiser.h"

namespace restore {
namespace {

constexpr std::int64_t kPeakChannels = 256, kPeakSize = 128;

template <class Function>
double seconds(Function&& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

struct Row {
  std::string prior;
  Precision precision;
  int threads;
  double gigaflop;  // of one evaluation
  std::shared_ptr<const NetworkDenoiser> denoiser;
  std::vector<double> seconds = {};
};

struct Peak {
  Precision precision;
  int threads;
  at::Tensor x, kernels;
  std::vector<double> seconds;

  Peak(Precision p, int t) : precision(p), threads(t) {
    const auto type = p == Precision::bfloat16 ? at::kBFloat16 : at::kFloat;
    const auto make = [&](at::IntArrayRef shape) {
      return at::full(shape, 0.01, type).contiguous(at::MemoryFormat::ChannelsLast);
    };
    x = make({1, kPeakChannels, kPeakSize, kPeakSize});
    kernels = make({kPeakChannels, kPeakChannels, 3, 3});
  }
  double gigaflop() const {
    return 2e-9 * 9 * kPeakChannels * kPeakChannels * kPeakSize * kPeakSize;
  }
};

void measure(const std::vector<std::string>& priors, std::int64_t size, int rounds,
             const std::vector<int>& threads) {
  const double megapixels = static_cast<double>(size * size) / 1e6;
  std::vector<Row> rows;
  std::vector<Peak> peaks;
  for (const auto precision : {Precision::float32, Precision::bfloat16})
    for (const int t : threads) {
      peaks.emplace_back(precision, t);
      for (const auto& path : priors) {
        const double macs = macs_per_pixel(read_prior(path).network);
        rows.push_back({path, precision, t, 2e-3 * macs * megapixels,
                        load_network_prior(path, path, precision)});
      }
    }
  const auto picture = at::full({1, 3, size, size}, 0.4);
  const torch::NoGradGuard no_grad;
  for (int round = -1; round < rounds; ++round) {  // the first warms up
    for (auto& peak : peaks) {
      set_torch_threads(peak.threads);
      const double time = seconds([&] { at::conv2d(peak.x, peak.kernels, {}, 1, 1); });
      if (round >= 0) peak.seconds.push_back(time);
    }
    for (auto& row : rows) {
      set_torch_threads(row.threads);
      const double time = seconds([&] { row.denoiser->denoise(picture, 0.1); });
      if (round >= 0) row.seconds.push_back(time);
    }
  }
  std::printf("%-32s %-9s %7s %8s %9s %7s %6s\n", "prior", "type", "threads", "s/MP", "GFLOP/s",
              "peak", "share");
  for (const auto& row : rows)
    for (const auto& peak : peaks) {
      if (peak.precision != row.precision || peak.threads != row.threads) continue;
      const double rate = row.gigaflop / median(row.seconds);
      const double top = peak.gigaflop() / median(peak.seconds);
      std::printf("%-32s %-9s %7d %8.2f %9.0f %7.0f %5.0f%%\n", row.prior.c_str(),
                  row.precision == Precision::bfloat16 ? "bfloat16" : "float32", row.threads,
                  median(row.seconds) / megapixels, rate, top, 100 * rate / top);
    }
}

int run(int argc, char** argv) {
  CLI::App app("What a trained prior costs, beside the peak of a plain large convolution");
  std::vector<std::string> priors;
  std::vector<int> threads = {1, 2};
  std::int64_t size = 1024;
  int rounds = 7;
  app.add_option("PRIOR", priors)->required();
  app.add_option("--size", size, "Side of the picture, px")->check(CLI::PositiveNumber);
  app.add_option("--rounds", rounds)->check(CLI::PositiveNumber);
  app.add_option("--threads", threads)->delimiter(',')->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  measure(priors, size, rounds, threads);
  return 0;
}

}  // namespace
}  // namespace restore

int main(int argc, char** argv) {
  try {
    return restore::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "network_speed: %s\n", error.what());
    return 1;
  }
}
