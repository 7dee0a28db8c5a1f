// Walker, Ni 2011, "Anderson acceleration for fixed-point iterations",
// https://doi.org/10.1137/10078356X
#include "librestore/solve/anderson.h"

#include <cmath>
#include <deque>
#include <limits>

#include "librestore/linalg/inner_product.h"

namespace restore {
namespace {

double product(const torch::Tensor& a, const torch::Tensor& b) {
  return inner_product(a, b).sum().item<double>();
}

// The last steps, and where they lead.
class Memory {
 public:
  explicit Memory(int size) : size_(size) {}

  void forget() {
    dx_.clear();
    df_.clear();
    x_ = f_ = torch::Tensor();
  }
  // x_{k+1} from x_k and f_k.
  torch::Tensor next(const torch::Tensor& x, const torch::Tensor& f) {
    if (x_.defined()) {
      dx_.push_back(x - x_);
      df_.push_back(f - f_);
      if (static_cast<int>(dx_.size()) > size_) {
        dx_.pop_front();
        df_.pop_front();
      }
    }
    x_ = x;
    f_ = f;
    auto result = x + f;
    const auto gamma = coefficients(f);
    for (std::size_t i = 0; i < dx_.size(); ++i) result = result - gamma[i] * (dx_[i] + df_[i]);
    return result;
  }

 private:
  // gamma = argmin ||f - dF gamma||, by Gram and Schmidt from the newest difference on: one that
  // the newer ones explain to rounding tells nothing, and gets 0.
  std::vector<double> coefficients(const torch::Tensor& f) const {
    std::vector<torch::Tensor> Q;
    std::vector<std::size_t> kept;
    std::vector<std::vector<double>> R;  // R[a][b] = <q_b, dF of kept[a]>
    const double rounding = f.scalar_type() == torch::kFloat64 ? 1e-12 : 1e-5;
    for (std::size_t k = df_.size(); k-- > 0;) {
      auto v = df_[k];
      std::vector<double> row(Q.size(), 0.0);
      for (int twice = 0; twice < 2; ++twice)
        for (std::size_t b = 0; b < Q.size(); ++b) {
          const double r = product(Q[b], v);
          row[b] += r;
          v = v - r * Q[b];
        }
      const double size = std::sqrt(product(v, v));
      if (!(size > rounding * std::sqrt(product(df_[k], df_[k])))) continue;
      row.push_back(size);
      Q.push_back(v / size);
      R.push_back(std::move(row));
      kept.push_back(k);
    }
    // R^T gamma = Q^T f, from the last kept difference back
    std::vector<double> gamma(df_.size(), 0.0);
    for (std::size_t b = Q.size(); b-- > 0;) {
      double right = product(Q[b], f);
      for (std::size_t a = b + 1; a < Q.size(); ++a) right -= R[a][b] * gamma[kept[a]];
      gamma[kept[b]] = right / R[b][b];
    }
    return gamma;
  }

  int size_;
  std::deque<torch::Tensor> dx_, df_;
  torch::Tensor x_, f_;
};

}  // namespace

const Parameters<AndersonOptions>& Anderson::parameters() {
  static const Parameters<AndersonOptions> table{
      {{"memory", "", 1, 100, "steps that the next one learns from"}, &AndersonOptions::memory},
      {{"growth", "", 1, 1e6, "of the residual over its smallest value, at which to forget them"},
       &AndersonOptions::growth},
  };
  return table;
}

Anderson::Anderson(std::unique_ptr<const FixedPointMethod> inner, const AndersonOptions& options)
    : inner_(std::move(inner)),
      options_(options),
      name_(std::string("anderson:") + inner_->name()) {}

Result Anderson::run_item(const Measurement& measurement, const Denoiser& prior,
                          Observer* observer) const {
  PriorStep D(prior);
  const auto [T, sigma, step] = inner_->map(measurement, D);
  const auto [iterations, tolerance] = inner_->stop();
  StepMonitor monitor(name_.c_str(), iterations, tolerance, observer);
  Memory memory(options_.memory);
  auto x = measurement.A->initial_estimate(measurement.y);
  torch::Tensor Tx, best;
  double smallest = std::numeric_limits<double>::infinity();
  bool go_on = true;
  while (go_on) {
    // f_k = T(x_k) - x_k
    Tx = T(x, D);
    const auto f = Tx - x;
    const double size = std::sqrt(product(f, f));
    go_on = monitor.proceed(x, Tx, sigma, step);
    if (size > options_.growth * smallest) {
      memory.forget();
      x = Tx = best;
      continue;
    }
    if (size < smallest) {
      smallest = size;
      best = Tx;
    }
    x = memory.next(x, f);
  }
  return {Tx, {}, monitor.finish(measurement, Tx, D.calls())};
}

}  // namespace restore
