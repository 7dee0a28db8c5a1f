#include "operators/nonlinear/jpeg.h"

#include <ATen/ATen.h>

#include "librestore/linalg/inner_product.h"
#include "operators/nonlinear/jpeg_tables.h"

namespace restore {
namespace {

constexpr std::int64_t kBlock = 8;
constexpr double kGrey = 128.0 / 255;  // is coded as 0
// Inside a coefficient's cell by this part of its step, so that what moves a little afterwards is
// still rounded alike.
constexpr double kCellMargin = 0.1;
// Chroma of y that its own sampling has made smooth is sharpened by this many steps; each takes at
// least half of what is missing where there is any to find.
constexpr int kSharpenings = 8;
// Chroma that is moved by a plane of half the size moves by less at once.
constexpr int kChromaMoves = 3;

// planes: N x C x H x W of whole blocks -> N x C x H/8 x W/8 x 8 x 8, and back.
torch::Tensor blocks_of(const torch::Tensor& planes) {
  const auto n = planes.size(0), c = planes.size(1), h = planes.size(2), w = planes.size(3);
  return planes.reshape({n, c, h / kBlock, kBlock, w / kBlock, kBlock})
      .permute({0, 1, 2, 4, 3, 5})
      .contiguous();
}
torch::Tensor planes_of(const torch::Tensor& blocks) {
  const auto s = blocks.sizes();
  return blocks.permute({0, 1, 2, 4, 3, 5}).reshape({s[0], s[1], s[2] * kBlock, s[3] * kBlock});
}

// T B T^t and T^t B T for every block B.
torch::Tensor transformed(const torch::Tensor& planes, const torch::Tensor& cosines) {
  const auto T = cosines.to(planes.scalar_type());
  return at::matmul(at::matmul(T, blocks_of(planes)), T.t());
}
torch::Tensor restored(const torch::Tensor& coefficients, const torch::Tensor& cosines) {
  const auto T = cosines.to(coefficients.scalar_type());
  return planes_of(at::matmul(at::matmul(T.t(), coefficients), T));
}

// M applied to the channels of x.
torch::Tensor mixed(const torch::Tensor& M, const torch::Tensor& x) {
  return at::einsum("dc,nchw->ndhw", {M.to(x.scalar_type()), x}).contiguous();
}

torch::Tensor inside(const torch::Tensor& x) {
  return x.ge(0).logical_and(x.le(1)).to(x.scalar_type());
}

std::int64_t whole(std::int64_t n, std::int64_t unit) { return (n + unit - 1) / unit * unit; }

}  // namespace

Jpeg::Jpeg(const Shape& shape, const JpegOptions& options)
    : Operator(shape, shape),
      options_(options),
      luma_steps_(jpeg_steps(options.quality, false)),
      chroma_steps_(jpeg_steps(options.quality, true)),
      cosines_(jpeg_cosines()),
      colours_(jpeg_colour_matrix()) {
  if (!colour()) options_.sampling = {};
}

std::shared_ptr<const Operator> Jpeg::differentiable() const {
  if (!options_.rounds) return nullptr;
  auto options = options_;
  options.rounds = false;
  return std::make_shared<Jpeg>(input_shape(), options);
}

torch::Tensor Jpeg::padded(const torch::Tensor& x) const {
  const auto bottom = whole(x.size(2), kBlock * options_.sampling.vertical) - x.size(2);
  const auto right = whole(x.size(3), kBlock * options_.sampling.horizontal) - x.size(3);
  return bottom + right == 0 ? x : at::replication_pad2d(x, {0, right, 0, bottom});
}

torch::Tensor Jpeg::padded_transposed(const torch::Tensor& x) const {
  const auto h = input_shape().height, w = input_shape().width;
  auto rows = x.narrow(2, 0, h).clone();
  rows.narrow(2, h - 1, 1).add_(x.narrow(2, h, x.size(2) - h).sum(2, true));
  auto out = rows.narrow(3, 0, w).clone();
  out.narrow(3, w - 1, 1).add_(rows.narrow(3, w, x.size(3) - w).sum(3, true));
  return out;
}

Jpeg::Planes Jpeg::split(const torch::Tensor& x) const {
  if (!colour()) return {padded(x) - kGrey, {}};
  const auto ycc = mixed(colours_, padded(x));
  return {ycc.narrow(1, 0, 1) - kGrey, options_.sampling.down(ycc.narrow(1, 1, 2))};
}

torch::Tensor Jpeg::join(const Planes& planes) const {
  const auto h = input_shape().height, w = input_shape().width;
  const auto luma = planes.luma.narrow(2, 0, h).narrow(3, 0, w) + kGrey;
  if (!colour()) return luma;
  // Decoders repeat the frame's last chroma, not the last of the blocks.
  const auto [v, u] = options_.sampling;
  const auto small = planes.chroma.narrow(2, 0, (h + v - 1) / v).narrow(3, 0, (w + u - 1) / u);
  const auto chroma = options_.sampling.up(small).narrow(2, 0, h).narrow(3, 0, w);
  return mixed(at::linalg_inv(colours_), at::cat({luma, chroma}, 1));
}

torch::Tensor Jpeg::smooth(const torch::Tensor& x) const {
  return options_.sampling.is_full() ? x : join(split(x));
}

torch::Tensor Jpeg::smooth_transposed(const torch::Tensor& v) const {
  if (options_.sampling.is_full()) return v;
  const auto h = input_shape().height, w = input_shape().width;
  const auto ycc = mixed(at::linalg_inv(colours_).t(), v);
  // The transposes of join's lines, last to first, then of split's.
  const auto [down, across] = options_.sampling;
  const auto ch = (h + down - 1) / down, cw = (w + across - 1) / across;
  const auto up_to = [](const torch::Tensor& x, std::int64_t rows, std::int64_t columns) {
    return at::constant_pad_nd(x, {0, columns - x.size(3), 0, rows - x.size(2)});
  };
  const auto small =
      options_.sampling.up_transposed(up_to(ycc.narrow(1, 1, 2), ch * down, cw * across));
  const auto H = whole(h, kBlock * down), W = whole(w, kBlock * across);
  const auto chroma = options_.sampling.down_transposed(up_to(small, H / down, W / across));
  const auto luma = up_to(ycc.narrow(1, 0, 1), H, W);
  return padded_transposed(mixed(colours_.t(), at::cat({luma, chroma}, 1)));
}

torch::Tensor Jpeg::do_apply(const torch::Tensor& x) const {
  if (!options_.rounds) return smooth(x.clamp(0, 1)).clamp(0, 1);
  const auto quantised = [&](const torch::Tensor& planes, const torch::Tensor& steps) {
    const auto step = steps.to(planes.scalar_type());
    return restored(step * (transformed(planes, cosines_) / step).round(), cosines_);
  };
  auto planes = split(x.clamp(0, 1));
  planes.luma = quantised(planes.luma, luma_steps_);
  if (colour()) planes.chroma = quantised(planes.chroma, chroma_steps_);
  return join(planes).clamp(0, 1);
}

torch::Tensor Jpeg::do_vjp(const torch::Tensor& x, const torch::Tensor& v) const {
  return smooth_transposed(v * inside(smooth(x.clamp(0, 1)))) * inside(x);
}

torch::Tensor Jpeg::do_prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const {
  if (!options_.rounds) return Operator::do_prox(v, y, rho);
  // What has to be added to the planes to bring each coefficient into the cell around `level`.
  const auto move = [&](const torch::Tensor& planes, const torch::Tensor& level,
                        const torch::Tensor& steps) {
    const auto c = transformed(planes, cosines_);
    const auto half = (0.5 - kCellMargin) * steps.to(c.scalar_type());
    return restored(torch::minimum(torch::maximum(c, level - half), level + half) - c, cosines_);
  };
  const auto level_of = [&](const torch::Tensor& planes, const torch::Tensor& steps) {
    const auto step = steps.to(planes.scalar_type());
    return step * (transformed(planes, cosines_) / step).round();
  };
  const auto wanted = split(y);
  const auto luma_level = level_of(wanted.luma, luma_steps_);
  const auto planes = split(v);
  Planes change{move(planes.luma, luma_level, luma_steps_), {}};
  if (colour()) {
    // c with S C (C^-1 U c) = S C y
    const auto resampled = [&, grey = torch::zeros_like(wanted.luma)](const torch::Tensor& c) {
      return options_.sampling.is_full() ? c : split(join({grey, c})).chroma;
    };
    auto c = wanted.chroma;
    for (int k = 0; k < kSharpenings; ++k) c = c + wanted.chroma - resampled(c);
    const auto level = level_of(c, chroma_steps_);
    change.chroma = torch::zeros_like(c);
    for (int k = 0; k < kChromaMoves; ++k)
      change.chroma =
          change.chroma + move(planes.chroma + resampled(change.chroma), level, chroma_steps_);
  }
  // join adds the grey that split has taken off, which a change has not.
  change.luma = change.luma - kGrey;
  const auto x = v + join(change);
  const auto energy = [&](const torch::Tensor& at) {
    return squared_norm(do_apply(at) - y) + rho * squared_norm(at - v);
  };
  return torch::where(energy(x) < energy(v), x, v);
}

}  // namespace restore
