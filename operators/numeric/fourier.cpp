#include "operators/numeric/fourier.h"

#include <numbers>

#include <ATen/ATen.h>

#include "librestore/core/parallel.h"

namespace restore {
namespace {

bool is_smooth(std::int64_t n) {
  for (const std::int64_t factor : {2, 3, 5})
    while (n % factor == 0) n /= factor;
  return n == 1;
}

// libtorch's transform works on one thread: the planes of a picture share the cores instead.
torch::Tensor map_planes(const torch::Tensor& x, std::vector<std::int64_t> out_plane,
                         torch::ScalarType type,
                         const std::function<torch::Tensor(const torch::Tensor&)>& transform) {
  const std::int64_t height = x.size(-2), width = x.size(-1);
  const std::int64_t planes = x.numel() / std::max<std::int64_t>(height * width, 1);
  auto shape = x.sizes().vec();
  std::copy(out_plane.begin(), out_plane.end(), shape.end() - 2);
  if (planes == 1) return transform(x.reshape({height, width})).reshape(shape);
  const auto in = x.reshape({planes, height, width});
  auto out = torch::empty(shape, x.options().dtype(type));
  auto flat = out.view({planes, out_plane[0], out_plane[1]});
  parallel_ranges(planes, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) flat[i].copy_(transform(in[i]));
  });
  return out;
}

// a(-u, -v), indices modulo the size.
torch::Tensor mirrored(const torch::Tensor& a) { return a.flip({-2, -1}).roll({1, 1}, {-2, -1}); }

// Makhoul's order of an axis: the even places, then the odd ones backwards.
torch::Tensor evens_first(const torch::Tensor& x, int dim) {
  return at::cat({x.slice(dim, 0, c10::nullopt, 2), x.slice(dim, 1, c10::nullopt, 2).flip(dim)},
                 dim);
}

torch::Tensor in_order(const torch::Tensor& x, int dim) {
  const auto n = x.size(dim), odd = n / 2;
  auto result = torch::empty_like(x);
  result.slice(dim, 0, c10::nullopt, 2).copy_(x.narrow(dim, 0, n - odd));
  result.slice(dim, 1, c10::nullopt, 2).copy_(x.narrow(dim, n - odd, odd).flip(dim));
  return result;
}

// size exp(-i pi u / 2n), u = 0 .. n - 1, in the complex type made of `type`.
torch::Tensor phases(std::int64_t n, double first_size, double size, torch::ScalarType type) {
  auto sizes = torch::full({n}, size, torch::kFloat64);
  sizes[0] = first_size;
  const auto angles =
      torch::arange(n, torch::kFloat64) * (-std::numbers::pi / (2.0 * static_cast<double>(n)));
  return at::polar(sizes, angles).to(at::toComplexType(type));
}

}  // namespace

std::int64_t fast_length(std::int64_t n) {
  while (!is_smooth(n)) ++n;
  return n;
}

torch::Tensor half_spectrum(const torch::Tensor& x, std::int64_t height, std::int64_t width) {
  const std::vector<std::int64_t> size{height, width};
  return map_planes(x, {height, width / 2 + 1}, at::toComplexType(x.scalar_type()),
                    [&](const torch::Tensor& plane) { return at::fft_rfft2(plane, size); });
}

torch::Tensor half_spectrum(const torch::Tensor& x) {
  return half_spectrum(x, x.size(-2), x.size(-1));
}

torch::Tensor from_half_spectrum(const torch::Tensor& spectrum, std::int64_t height,
                                 std::int64_t width) {
  const std::vector<std::int64_t> size{height, width};
  return map_planes(spectrum, size, at::toRealValueType(spectrum.scalar_type()),
                    [&](const torch::Tensor& plane) { return at::fft_irfft2(plane, size); });
}

// F is the Fourier transform of the plane in Makhoul's order, w(n, u) = exp(-i pi u / 2n), F(-u) =
// F(H - u):
//   Z(u, v) = w(W, v) (w(H, u) F(u, v) + conj w(H, u) F(-u, v)) / 2
//   c(u, v) = a_u a_v Re Z(u, v),   c(u, W - v) = -a_u a_v Im Z(u, v)
torch::Tensor cosine_transform(const torch::Tensor& x) {
  const std::int64_t height = x.size(-2), width = x.size(-1), half = width / 2 + 1;
  const double h = static_cast<double>(height), w = static_cast<double>(width);
  const auto down =
      phases(height, std::sqrt(1 / h), std::sqrt(2 / h) / 2, x.scalar_type()).unsqueeze(1);
  const auto up = down.narrow(0, 1, height - 1).conj_physical();
  const auto across =
      phases(width, std::sqrt(1 / w), std::sqrt(2 / w), x.scalar_type()).narrow(0, 0, half);
  return map_planes(x, {height, width}, x.scalar_type(), [&](const torch::Tensor& plane) {
    const auto F = at::fft_rfft2(evens_first(evens_first(plane, 0), 1)).mul_(across);
    auto Z = F * down;  // the whole of row 0, where u and -u are the same
    Z.narrow(0, 1, height - 1).add_(F.narrow(0, 1, height - 1).flip(0).mul_(up));
    return at::cat({at::real(Z), at::imag(Z).narrow(1, 1, width - half).flip(1).neg_()}, 1);
  });
}

// The lines above the other way:
//   Z(u, v) = (c(u, v) - i c(u, W - v)) / (a_u a_v),   c(u, W) = 0
//   F(u, v) = conj(w(H, u) w(W, v)) (Z(u, v) - i Z(H - u, v)),   Z(H, v) = 0
torch::Tensor inverse_cosine_transform(const torch::Tensor& c) {
  const std::int64_t height = c.size(-2), width = c.size(-1), half = width / 2 + 1;
  const double h = static_cast<double>(height), w = static_cast<double>(width);
  const auto down =
      phases(height, std::sqrt(h), std::sqrt(h / 2), c.scalar_type()).conj_physical().unsqueeze(1);
  const auto across = phases(width, std::sqrt(w), std::sqrt(w / 2), c.scalar_type())
                          .conj_physical()
                          .narrow(0, 0, half);
  const std::vector<std::int64_t> size{height, width};
  return map_planes(c, size, c.scalar_type(), [&](const torch::Tensor& plane) {
    auto imaginary = at::zeros({height, half}, plane.options());
    imaginary.narrow(1, 1, half - 1).sub_(plane.narrow(1, width - half + 1, half - 1).flip(1));
    const auto Z = at::complex(plane.narrow(1, 0, half).contiguous(), imaginary);
    auto F = Z.clone();
    F.narrow(0, 1, height - 1)
        .sub_(Z.narrow(0, 1, height - 1).flip(0).mul_(c10::complex<double>(0, 1)));
    return in_order(in_order(at::fft_irfft2(F.mul_(down).mul_(across), size), 0), 1);
  });
}

torch::Tensor whole_spectrum(const torch::Tensor& half, std::int64_t width) {
  const auto other = half.narrow(-1, 1, width - half.size(-1)).flip({-2, -1}).roll(1, -2);
  return at::cat({half, other}, -1);
}

torch::Tensor transfer_function(const torch::Tensor& kernel, std::int64_t height,
                                std::int64_t width) {
  const std::int64_t rows = kernel.size(0), columns = kernel.size(1);
  auto wrapped = torch::zeros({height, width}, torch::kFloat64);
  auto out = wrapped.accessor<double, 2>();
  const auto k = kernel.accessor<double, 2>();
  const auto wrap = [](std::int64_t offset, std::int64_t n) { return (offset % n + n) % n; };
  for (std::int64_t a = 0; a < rows; ++a)
    for (std::int64_t b = 0; b < columns; ++b)
      out[wrap(a - rows / 2, height)][wrap(b - columns / 2, width)] += k[a][b];
  return half_spectrum(wrapped);
}

torch::Tensor hartley_of_half_spectrum(const torch::Tensor& spectrum, std::int64_t width) {
  const std::int64_t height = spectrum.size(-2), half = spectrum.size(-1);
  const auto re = at::real(spectrum), im = at::imag(spectrum);
  // F(u, v) = conj F(-u, -v) gives the other half: columns W - v for v = 1 .. W - half.
  const auto other = (re + im).narrow(-1, 1, width - half).flip({-2, -1}).roll(1, -2);
  return at::cat({re - im, other}, -1) / std::sqrt(static_cast<double>(height * width));
}

torch::Tensor half_spectrum_of_hartley(const torch::Tensor& h) {
  const std::int64_t height = h.size(-2), width = h.size(-1), half = width / 2 + 1;
  const auto scale = std::sqrt(static_cast<double>(height * width)) / 2;
  const auto left = h.narrow(-1, 0, half), right = mirrored(h).narrow(-1, 0, half);
  // F = (h(u, v) + h(-u, -v)) / 2 - i (h(u, v) - h(-u, -v)) / 2
  return at::complex((left + right) * scale, (right - left) * scale);
}

torch::Tensor hartley(const torch::Tensor& x) {
  return hartley_of_half_spectrum(half_spectrum(x), x.size(-1));
}

}  // namespace restore
