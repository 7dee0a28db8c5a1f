#include "operators/kernel/blind_kernel.h"

#include <cmath>
#include <numbers>

#include <ATen/ATen.h>

#include "librestore/core/error.h"
#include "librestore/linalg/conjugate_gradients.h"
#include "operators/kernel/kernels.h"

namespace restore {
namespace {

using torch::Tensor;

constexpr double kLambda = 4e-3, kLeastLambda = 2e-3, kLambdaDecay = 1.1;
constexpr double kMostBeta = 1e5;
constexpr double kGamma = 30;
constexpr int kRounds = 5;            // a scale
constexpr double kNegligible = 0.15;  // of the largest value of a kernel

struct Differences {
  Tensor columns, rows;  // x(i, j + 1) - x(i, j), x(i + 1, j) - x(i, j)
};
Differences differences(const Tensor& x) { return {x.roll(-1, 1) - x, x.roll(-1, 0) - x}; }
// The adjoint.
Tensor minus_divergence(const Differences& g) {
  return g.columns.roll(1, 1) - g.columns + g.rows.roll(1, 0) - g.rows;
}

// The kernel's transfer function on a grid of x's size.
Tensor transfer(const Tensor& kernel, const Tensor& x) {
  const auto h = kernel.size(0), w = kernel.size(1);
  auto padded = at::zeros_like(x);
  padded.narrow(0, 0, h).narrow(1, 0, w).copy_(kernel);
  return at::fft_rfft2(padded.roll({-(h / 2), -(w / 2)}, {0, 1}));
}

Tensor squared(const Tensor& spectrum) { return at::real(spectrum * spectrum.conj()); }

Tensor inverse(const Tensor& spectrum, const Tensor& like) {
  return at::fft_irfft2(spectrum, like.sizes());
}

// Lags -radius ... radius of a circular correlation.
Tensor lags(const Tensor& correlation, std::int64_t radius) {
  return correlation.roll({radius, radius}, {0, 1})
      .narrow(0, 0, 2 * radius + 1)
      .narrow(1, 0, 2 * radius + 1);
}

Tensor resized(const Tensor& x, std::int64_t height, std::int64_t width) {
  return at::_upsample_bilinear2d_aa(x.view({1, 1, x.size(0), x.size(1)}), {height, width}, false)
      .view({height, width});
}

[[noreturn]] void throw_nothing_seen() {
  throw item_error("too few edges to see what blurred the picture");
}

// k >= 0 without dust, sum 1.
Tensor feasible(const Tensor& k) {
  if (!(k.max().item<double>() > 0)) throw_nothing_seen();
  const auto positive = k.clamp_min(0);
  const auto kept = at::where(positive < kNegligible * positive.max(), at::zeros_like(k), positive);
  return kept / kept.sum();
}

// A kernel of this side shows in edges across rows and in edges across columns, as many as it is
// long.
void check_edges(const Tensor& x, const Tensor& where, double lambda, std::int64_t side) {
  const auto g = differences(x);
  for (const auto& part : {g.columns, g.rows})
    if (((part * where).square() >= lambda).sum().item<std::int64_t>() < side) throw_nothing_seen();
}

// Its centroid moved to the middle, by whole pixels.
Tensor centred(const Tensor& k) {
  const auto coordinate = [&](int axis) {
    const auto place = at::arange(k.size(axis), k.options());
    return (k.sum(1 - axis) * place).sum().item<double>() - static_cast<double>(k.size(axis) / 2);
  };
  const auto rows = std::llround(coordinate(0)), columns = std::llround(coordinate(1));
  const auto margin = std::max(std::abs(rows), std::abs(columns));
  const auto wide = at::constant_pad_nd(k, {margin, margin, margin, margin});
  const auto moved =
      wide.narrow(0, margin + rows, k.size(0)).narrow(1, margin + columns, k.size(1));
  return moved / moved.sum();
}

// Larger, the new rows and columns leading smoothly from one border to the opposite one: what the
// circular boundary of the Fourier transform then sees has no edge of its own.
Tensor closed_smoothly(const Tensor& y, std::int64_t margin) {
  const auto extend = [&](const Tensor& x) {  // to the right
    const auto n = x.size(1);
    const auto ramp = at::arange(1, margin + 1, x.options()) / static_cast<double>(margin + 1);
    const auto weight = 0.5 - 0.5 * (std::numbers::pi * ramp).cos();
    const auto last = x.narrow(1, n - 1, 1), first = x.narrow(1, 0, 1);
    return at::cat({x, last * (1 - weight) + first * weight}, 1);
  };
  return extend(extend(y).t()).t().contiguous();
}

// The window of the strongest edges: the largest sum of |grad y| on a coarse grid of windows.
Tensor telling_window(const Tensor& y) {
  const auto height = std::min(y.size(0), kBlindWindow), width = std::min(y.size(1), kBlindWindow);
  if (height == y.size(0) && width == y.size(1)) return y;
  constexpr std::int64_t kStep = kBlindWindow / 4;
  const auto [columns, rows] = differences(y);
  const auto edges =
      (columns.abs() + rows.abs()).narrow(0, 0, y.size(0) - 1).narrow(1, 0, y.size(1) - 1);
  const auto sums = at::avg_pool2d(edges.unsqueeze(0), {height - 1, width - 1}, {kStep, kStep})[0];
  const auto best = sums.argmax().item<std::int64_t>();
  return y.narrow(0, best / sums.size(1) * kStep, height)
      .narrow(1, best % sums.size(1) * kStep, width)
      .contiguous();
}

}  // namespace

Tensor sparse_edges(const Tensor& y, const Tensor& kernel, double lambda) {
  const auto K = transfer(kernel, y);
  const auto data = K.conj() * at::fft_rfft2(y), power = squared(K);
  // |grad|^2 in the frequencies
  auto point = at::zeros_like(y);
  point[0][0] = 1;
  const auto laplacian = at::real(at::fft_rfft2(minus_divergence(differences(point))));
  auto x = y;
  for (double beta = 2 * lambda; beta < kMostBeta; beta *= 2) {
    // g = grad x where its square is worth lambda / beta, else 0
    auto g = differences(x);
    const auto kept = (g.columns.square() + g.rows.square() >= lambda / beta).to(y.scalar_type());
    g = {g.columns * kept, g.rows * kept};
    // (K^2 + beta |grad|^2) x = K y + beta grad^T g
    x = inverse((data + beta * at::fft_rfft2(minus_divergence(g))) / (power + beta * laplacian), y);
  }
  return x;
}

Tensor fit_kernel(const Tensor& x, const Tensor& y, std::int64_t size, double gamma,
                  const Tensor& where) {
  // sum (grad x)(p - a) (grad x)(p - b) k(b) + gamma k(a) = sum (grad x)(p - a) (grad y)(p): a
  // convolution with the autocorrelation of grad x.
  const auto gx = differences(x), gy = differences(y);
  const auto spectrum = [&](const Tensor& g) {
    return at::fft_rfft2(where.defined() ? g * where : g);
  };
  const auto X1 = spectrum(gx.columns), X2 = spectrum(gx.rows);
  const auto Y1 = spectrum(gy.columns), Y2 = spectrum(gy.rows);
  auto own = lags(inverse((squared(X1) + squared(X2)).to(X1.scalar_type()), x), size - 1);
  const auto cross = lags(inverse(X1.conj() * Y1 + X2.conj() * Y2, x), size / 2);
  own = own.contiguous().view({1, 1, 2 * size - 1, 2 * size - 1});
  const auto normal = [&](const Tensor& k) {
    return at::conv2d(k, own, {}, 1, size - 1) + gamma * k;
  };
  return conjugate_gradients(normal, cross.contiguous().view({1, 1, size, size}), {},
                             {.tolerance = 1e-5, .max_iterations = 50, .preconditioner = {}})
      .x.view({size, size});
}

Tensor estimate_kernel(const Tensor& picture, std::int64_t size) {
  const auto height = picture.size(2), width = picture.size(3);
  if (std::min(height, width) < 2 * size)
    throw item_error("{} x {} pixels are too few to find a kernel of {} x {} in", width, height,
                     size, size);
  const auto y = telling_window(picture[0].mean(0));

  Tensor k;
  double lambda = kLambda;
  const auto scales =
      std::lround(std::log(static_cast<double>(size) / 3) / std::log(std::sqrt(2.0)));
  for (auto s = scales; s >= 0; --s) {
    const double factor = std::pow(0.5, 0.5 * static_cast<double>(s));
    const auto side = std::max<std::int64_t>(
        3, 2 * (static_cast<std::int64_t>(static_cast<double>(size) * factor) / 2) + 1);
    const auto scaled = [&](std::int64_t n) {
      return std::lround(static_cast<double>(n) * factor);
    };
    const auto seen = s == 0 ? y : resized(y, scaled(y.size(0)), scaled(y.size(1)));
    const auto blurred = closed_smoothly(seen, 2 * side);
    // What the frame does not cut.
    auto inside = at::zeros_like(blurred);
    inside.narrow(0, side / 2, seen.size(0) - side + 1)
        .narrow(1, side / 2, seen.size(1) - side + 1)
        .fill_(1);
    if (k.defined()) {
      k = feasible(resized(k, side, side));
    } else {
      k = at::zeros({side, side}, y.options());
      k[side / 2].fill_(1.0 / static_cast<double>(side));
    }
    for (int round = 0; round < kRounds; ++round) {
      const auto x = sparse_edges(blurred, k, lambda);
      if (s == 0) check_edges(x, inside, lambda, side);
      k = centred(feasible(fit_kernel(x, blurred, side, kGamma, inside)));
      lambda = std::max(lambda / kLambdaDecay, kLeastLambda);
    }
  }
  return normalise_kernel(k.to(torch::kFloat64), "the kernel");
}

}  // namespace restore
