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

// A plane continued by reflection to twice its sides.
torch::Tensor mirror(const torch::Tensor& plane) {
  const auto taller = at::cat({plane, plane.flip(-2)}, -2);
  return at::cat({taller, taller.flip(-1)}, -1);
}

// a_u / 2 exp(-i pi u / 2n), n of them: their product along both axes turns the spectrum of a mirrored
// plane into its cosine transform. `type`: of the plane.
torch::Tensor cosine_scale(std::int64_t n, torch::ScalarType type) {
  auto size = torch::full({n}, std::sqrt(2.0 / static_cast<double>(n)) / 2, torch::kFloat64);
  size[0] = std::sqrt(1.0 / static_cast<double>(n)) / 2;
  return at::polar(size, torch::arange(n, torch::kFloat64) *
                             (-std::numbers::pi / (2.0 * static_cast<double>(n))))
      .to(at::toComplexType(type));
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

torch::Tensor filter_reflected(const torch::Tensor& x, const torch::Tensor& gain) {
  const std::int64_t height = x.size(-2), width = x.size(-1);
  const std::vector<std::int64_t> doubled{2 * height, 2 * width};
  return map_planes(x, {height, width}, x.scalar_type(), [&](const torch::Tensor& plane) {
    const auto spectrum = at::fft_rfft2(mirror(plane)).mul_(gain);
    return at::fft_irfft2(spectrum, doubled).narrow(-2, 0, height).narrow(-1, 0, width);
  });
}

torch::Tensor cosine_transform(const torch::Tensor& x) {
  const std::int64_t height = x.size(-2), width = x.size(-1);
  const auto down = cosine_scale(height, x.scalar_type()).unsqueeze(1);
  const auto across = cosine_scale(width, x.scalar_type());
  return map_planes(x, {height, width}, x.scalar_type(), [&](const torch::Tensor& plane) {
    // The spectrum of the mirrored plane is 4 c / (a_u a_v) times the phase of half a pixel.
    const auto spectrum = at::fft_rfft2(mirror(plane)).narrow(-2, 0, height).narrow(-1, 0, width);
    return at::real(spectrum.mul_(across).mul_(down)).contiguous();
  });
}

torch::Tensor inverse_cosine_transform(const torch::Tensor& c) {
  const std::int64_t height = c.size(-2), width = c.size(-1);
  const std::vector<std::int64_t> doubled{2 * height, 2 * width};
  const auto down = cosine_scale(height, c.scalar_type()).unsqueeze(1).conj_physical();
  const auto across = cosine_scale(width, c.scalar_type()).conj_physical();
  return map_planes(c, {height, width}, c.scalar_type(), [&](const torch::Tensor& plane) {
    // The transpose of the lines above: embed, transform back, fold. The inverse transform of a half
    // spectrum counts every column but the first twice.
    auto spectrum = at::zeros({2 * height, width + 1}, across.options());
    spectrum.narrow(0, 0, height).narrow(1, 0, width).copy_(plane).mul_(across).mul_(down);
    spectrum.narrow(1, 1, width - 1).mul_(0.5);
    const auto wide = at::fft_irfft2(spectrum, doubled) * static_cast<double>(4 * height * width);
    const auto folded = wide.narrow(0, 0, height) + wide.narrow(0, height, height).flip(0);
    return folded.narrow(1, 0, width) + folded.narrow(1, width, width).flip(1);
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
