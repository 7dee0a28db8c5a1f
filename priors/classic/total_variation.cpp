#include "priors/classic/total_variation.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <ATen/Dispatch.h>

#include "librestore/core/error.h"
#include "librestore/core/interrupt.h"
#include "librestore/core/parallel.h"
#include "priors/classic/total_variation_kernels.h"

namespace restore {
namespace {

// ||D||^2 <= 8 (Chambolle 2004): the dual gradient is 8-Lipschitz.
constexpr double kStep = 1.0 / 8;

// Rows of one picture in blocks that depend on its size alone.
class RowBlocks {
 public:
  explicit RowBlocks(const tv::Size& size)
      : height_(size.height), rows_(std::clamp<std::int64_t>(32768 / size.width, 16, 64)) {}

  std::int64_t count() const { return (height_ + rows_ - 1) / rows_; }
  std::int64_t begin(std::int64_t block) const { return block * rows_; }
  std::int64_t end(std::int64_t block) const { return std::min(height_, begin(block) + rows_); }

  template <typename Body>  // body(block)
  void for_each(const Body& body) const {
    parallel_ranges(count(), 1, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t block = first; block < last; ++block) body(block);
    });
  }

 private:
  std::int64_t height_, rows_;
};

template <typename T>
tv::Objectives measure(const tv::Size& size, const RowBlocks& blocks, const T* x, const T* p,
                       T* u) {
  std::vector<tv::Objectives> parts(blocks.count());
  blocks.for_each([&](std::int64_t b) {
    parts[b] = tv::measure_rows(size, x, p, blocks.begin(b), blocks.end(b), u);
  });
  tv::Objectives sum;
  for (const auto& part : parts) {
    sum.fidelity += part.fidelity;
    sum.variation += part.variation;
    sum.coupling += part.coupling;
  }
  return sum;
}

// FGP on the dual of one item: max over |p| <= weight of <x, D^T p> - 1/2 ||D^T p||^2.
template <typename T>
class DualAscent {
 public:
  // Starts from `p`; `spare` is as large.
  DualAscent(const tv::Size& size, const T* x, double weight, T* p, T* spare)
      : size_(size),
        blocks_(size),
        x_(x),
        weight_(weight),
        p_(p),
        previous_(p),
        spare_(spare),
        row_(size.channels * size.width),
        edges_(row_ * blocks_.count()) {}

  TvCertificate solve(const TvProxOptions& options, T* u) {
    TvCertificate result;
    int next_look = 2;
    while (true) {
      step();
      if (++result.iterations < std::min(next_look, options.max_iterations)) continue;
      look(result, options.tolerance, u);
      if (result.converged || result.iterations >= options.max_iterations) return result;
      // x is not finite: no step will mend it.
      if (!std::isfinite(result.primal)) return result;
      // The gap falls about as the fourth power of the iterations: look again when it may be
      // closed.
      const double excess = result.gap() / (options.tolerance * result.primal);
      const double wait = std::min(std::pow(excess, 0.25), 2.0);
      next_look = std::max(result.iterations + 1, static_cast<int>(result.iterations * wait));
    }
  }

  const T* dual() const { return p_; }

 private:
  void step() {
    // q = p_k + beta_k (p_k - p_{k-1})
    const tv::Extrapolated<T> q{p_, previous_, static_cast<T>(beta_)};
    // p_{k+1} = P(q + 1/8 D (x - D^T q)), over p_{k-1}: so the rows where blocks meet come first.
    blocks_.for_each(
        [&](std::int64_t b) { tv::primal_row(size_, x_, q, blocks_.begin(b), edge(b)); });
    blocks_.for_each([&](std::int64_t b) {
      const T* u_end = b + 1 < blocks_.count() ? edge(b + 1) : nullptr;
      tv::ascend_rows(size_, x_, q, static_cast<T>(kStep), static_cast<T>(weight_), edge(b), u_end,
                      blocks_.begin(b), blocks_.end(b), spare_);
    });
    previous_ = p_;
    std::swap(p_, spare_);
    // t_{k+1} = (1 + sqrt(1 + 4 t_k^2)) / 2,  beta_{k+1} = (t_k - 1) / t_{k+1}
    const double t = (1 + std::sqrt(1 + 4 * t_ * t_)) / 2;
    beta_ = (t_ - 1) / t;
    t_ = t;
  }

  void look(TvCertificate& result, double tolerance, T* u) const {
    throw_if_interrupted();
    const auto now = measure(size_, blocks_, x_, p_, u);
    // At u = x - D^T p the gap is the sum of weight |D u| - <D u, p>, no pixel's below 0.
    const double gap = weight_ * now.variation - now.coupling;
    result.primal = now.fidelity + weight_ * now.variation;
    result.dual = result.primal - gap;
    result.converged = gap <= tolerance * result.primal;
  }

  T* edge(std::int64_t block) { return edges_.data() + block * row_; }

  tv::Size size_;
  RowBlocks blocks_;
  const T* x_;
  double weight_;
  T *p_, *previous_, *spare_;
  std::int64_t row_;
  std::vector<T> edges_;  // u at the first row of every block
  double t_ = 1, beta_ = 0;
};

template <typename T>
TvProx prox_of_type(const torch::Tensor& x, double weight, const TvProxOptions& options,
                    const torch::Tensor& dual) {
  const tv::Size size{x.size(1), x.size(2), x.size(3)};
  const std::int64_t image = size.channels * size.plane();
  TvProx result{torch::empty_like(x), dual, {}};
  auto spare = torch::empty({2 * image}, x.options());
  for (std::int64_t n = 0; n < x.size(0); ++n) {
    T* p = dual.data_ptr<T>() + 2 * image * n;
    DualAscent<T> ascent(size, x.data_ptr<T>() + image * n, weight, p, spare.data_ptr<T>());
    result.certificates.push_back(ascent.solve(options, result.u.data_ptr<T>() + image * n));
    if (ascent.dual() != p) std::copy_n(ascent.dual(), 2 * image, p);
  }
  return result;
}

torch::Tensor dual_zeros(const torch::Tensor& x) {
  return torch::zeros({x.size(0), 2 * x.size(1), x.size(2), x.size(3)}, x.options());
}

// With no weight x is its own prox, for certain and at once.
std::vector<TvCertificate> certificates_of_identity(std::int64_t items) {
  return std::vector<TvCertificate>(items, TvCertificate{.converged = true});
}

void check_image(const torch::Tensor& x) {
  TORCH_CHECK(x.dim() == 4 && x.is_floating_point(), "total variation: N x C x H x W, not ",
              x.sizes());
}

class WarmSession : public DenoiserSession {
 public:
  explicit WarmSession(const TotalVariationOptions& options) : options_(options) {}

  torch::Tensor denoise(const torch::Tensor& x, double sigma) override {
    const double weight = options_.strength * TotalVariation::weight(sigma);
    if (weight == 0) return x.clone();
    const bool same = dual_.defined() && dual_.size(0) == x.size(0) &&
                      dual_.size(1) == 2 * x.size(1) &&
                      dual_.sizes().slice(2) == x.sizes().slice(2);
    // |p| <= weight at every pixel: with the weight the field grows and shrinks.
    auto prox = total_variation_prox(x, weight, {options_.tolerance},
                                     same ? dual_.mul_(weight / weight_) : torch::Tensor());
    dual_ = prox.dual;
    weight_ = weight;
    return prox.u;
  }

 private:
  TotalVariationOptions options_;
  torch::Tensor dual_;
  double weight_ = 0;
};

}  // namespace

torch::Tensor total_variation(const torch::Tensor& u) {
  check_image(u);
  const auto image = u.cpu().contiguous();
  auto result = torch::empty({u.size(0)}, torch::kFloat64);
  AT_DISPATCH_FLOATING_TYPES(u.scalar_type(), "total_variation", [&] {
    const tv::Size size{u.size(1), u.size(2), u.size(3)};
    const auto p = dual_zeros(image.slice(0, 0, 1));
    auto copy = torch::empty_like(image.slice(0, 0, 1));
    for (std::int64_t n = 0; n < u.size(0); ++n)
      result.data_ptr<double>()[n] =
          measure(size, RowBlocks(size), image[n].template data_ptr<scalar_t>(),
                  p.template data_ptr<scalar_t>(), copy.template data_ptr<scalar_t>())
              .variation;
  });
  return result;
}

TvProx total_variation_prox(const torch::Tensor& x, double weight, const TvProxOptions& options,
                            const torch::Tensor& start) {
  check_image(x);
  TORCH_CHECK(weight >= 0 && std::isfinite(weight), "total variation: weight ", weight);
  const auto image = x.cpu().contiguous();
  if (weight == 0) return {x.clone(), dual_zeros(image), certificates_of_identity(x.size(0))};
  auto dual = start.defined() ? start.to(image.options()).contiguous().clone() : dual_zeros(image);
  TvProx result;
  AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "total_variation_prox", [&] {
    result = prox_of_type<scalar_t>(image, weight, options, dual);
  });
  result.u = result.u.to(x.device());
  return result;
}

TotalVariation::TotalVariation(const TotalVariationOptions& options) : options_(options) {}

const Parameters<TotalVariationOptions>& TotalVariation::parameters() {
  using Options = TotalVariationOptions;
  static const Parameters<Options> table{
      {{"strength", "", 0, 100, "how much smoother than the best PSNR on photographs"},
       &Options::strength},
      {{"tolerance", "", 1e-9, 0.5, "relative duality gap at which the inner iteration stops"},
       &Options::tolerance},
  };
  return table;
}

double TotalVariation::weight(double sigma) { return 1.75 * std::pow(sigma, 1.2); }

torch::Tensor TotalVariation::denoise(const torch::Tensor& x, double sigma) const {
  return total_variation_prox(x, options_.strength * weight(sigma), {options_.tolerance}).u;
}

std::unique_ptr<DenoiserSession> TotalVariation::session() const {
  return std::make_unique<WarmSession>(options_);
}

std::string TotalVariation::name() const {
  return options_.strength == 1 ? "tv" : fmt::format("tv:{:g}", options_.strength);
}

}  // namespace restore
