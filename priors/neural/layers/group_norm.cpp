#include "priors/neural/layers/group_norm.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "librestore/core/lanes.h"
#include "priors/neural/layers/group_norm_kernels.h"

namespace restore {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// Rows are summed in float32 in runs of this many, the runs in float64 in their order.
constexpr std::int64_t kRun = 256;

struct Rows {
  std::int64_t pixels, channels;
};

// Sums over all pixels of what `add(first row, rows, sums)` adds up for each channel: 2 C values.
template <typename Add>
std::vector<double> sum_rows(const Rows& shape, const Add& add) {
  const std::int64_t runs = (shape.pixels + kRun - 1) / kRun, width = 2 * shape.channels;
  std::vector<float> partial(static_cast<std::size_t>(runs * width));
  at::parallel_for(0, runs, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t run = begin; run < end; ++run)
      add(run * kRun, std::min(kRun, shape.pixels - run * kRun), partial.data() + run * width);
  });
  std::vector<double> sums(static_cast<std::size_t>(width));
  for (std::int64_t run = 0; run < runs; ++run)
    for (std::int64_t i = 0; i < width; ++i) sums[i] += partial[run * width + i];
  return sums;
}

template <typename Work>
void for_rows(const Rows& shape, const Work& work) {
  at::parallel_for(0, shape.pixels, kRun,
                   [&](std::int64_t begin, std::int64_t end) { work(begin, end - begin); });
}

// Mean and 1/deviation for each group of one item. The first pixel is the pivot of the sums: a mean
// far from 0 costs no digits.
struct Moments {
  std::vector<double> mean, inverse_deviation;
};
Moments moments(const Rows& shape, std::int64_t groups, double epsilon, const float* x) {
  const auto c = shape.channels, members = c / groups;
  const auto sums = sum_rows(shape, [&](std::int64_t row, std::int64_t rows, float* out) {
    kernels::moment_rows(rows, c, x + row * c, x, out);
  });
  Moments m;
  const double pixels = static_cast<double>(shape.pixels);
  for (std::int64_t g = 0; g < groups; ++g) {
    double mean = 0, squares = 0;
    const auto channel_mean = [&](std::int64_t i) { return x[i] + sums[i] / pixels; };
    for (std::int64_t i = g * members; i < (g + 1) * members; ++i)
      mean += channel_mean(i) / static_cast<double>(members);
    for (std::int64_t i = g * members; i < (g + 1) * members; ++i) {
      const double within = sums[c + i] - sums[i] * sums[i] / pixels;
      const double between = channel_mean(i) - mean;
      squares += within + pixels * between * between;
    }
    const double variance = squares / (pixels * static_cast<double>(members));
    m.mean.push_back(mean);
    m.inverse_deviation.push_back(1 / std::sqrt(variance + epsilon));
  }
  return m;
}

// The channel's own line a x + b.
struct Line {
  std::vector<float> a, b;
  kernels::Affine affine(bool silu) const { return {a.data(), b.data(), silu}; }
};
Line line_of(const Moments& m, std::int64_t channels, const float* gain, const float* shift) {
  Line line;
  const auto members = channels / static_cast<std::int64_t>(m.mean.size());
  for (std::int64_t i = 0; i < channels; ++i) {
    const double a = gain[i] * m.inverse_deviation[i / members];
    line.a.push_back(static_cast<float>(a));
    line.b.push_back(static_cast<float>(shift[i] - m.mean[i / members] * a));
  }
  return line;
}

torch::Tensor in_rows(const torch::Tensor& x) {
  return x.contiguous(at::MemoryFormat::ChannelsLast);
}

// With g = dy act'(z) gain and xhat = (x - mean) r:  dx = r (g - mean(g) - xhat mean(g xhat)), the
// means over the group.
void pull_back(const GroupNorm& norm, const Rows& shape, const float* x, const float* dy,
               const float* gain, const float* shift, float* dx) {
  const auto c = shape.channels, members = c / norm.groups;
  const auto m = moments(shape, norm.groups, norm.epsilon, x);
  const auto line = line_of(m, c, gain, shift);
  const auto affine = line.affine(norm.silu);
  const auto sums = sum_rows(shape, [&](std::int64_t row, std::int64_t rows, float* out) {
    kernels::gradient_moment_rows(rows, c, x + row * c, dy + row * c, affine, x, out);
  });
  std::vector<float> mean, slope, offset;
  const double values = static_cast<double>(shape.pixels * members);
  for (std::int64_t g = 0; g < norm.groups; ++g) {
    const double r = m.inverse_deviation[g], mu = m.mean[g];
    double mean_g = 0, mean_gx = 0;
    for (std::int64_t i = g * members; i < (g + 1) * members; ++i) {
      mean_g += gain[i] * sums[i] / values;
      mean_gx += gain[i] * r * (sums[c + i] + (x[i] - mu) * sums[i]) / values;
    }
    mean.insert(mean.end(), members, static_cast<float>(mu));
    slope.insert(slope.end(), members, static_cast<float>(-r * r * mean_gx));
    offset.insert(offset.end(), members, static_cast<float>(-r * mean_g));
  }
  for_rows(shape, [&](std::int64_t row, std::int64_t rows) {
    kernels::gradient_rows(rows, c, x + row * c, dy + row * c, affine, mean.data(), slope.data(),
                           offset.data(), dx + row * c);
  });
}

struct FusedGroupNorm : torch::autograd::Function<FusedGroupNorm> {
  static Variable forward(AutogradContext* context, const GroupNorm& norm, const Variable& x_in,
                          const Variable& gain_in, const Variable& shift_in) {
    const auto x = in_rows(x_in), gain = gain_in.contiguous(), shift = shift_in.contiguous();
    const Rows shape{x.size(2) * x.size(3), x.size(1)};
    auto y = torch::empty_like(x);
    for (std::int64_t n = 0; n < x.size(0); ++n) {
      const auto* in = x.data_ptr<float>() + n * shape.pixels * shape.channels;
      auto* out = y.data_ptr<float>() + n * shape.pixels * shape.channels;
      const auto m = moments(shape, norm.groups, norm.epsilon, in);
      const auto line = line_of(m, shape.channels, gain.data_ptr<float>(), shift.data_ptr<float>());
      for_rows(shape, [&](std::int64_t row, std::int64_t rows) {
        const auto at = row * shape.channels;
        kernels::affine_rows(rows, shape.channels, in + at, line.affine(norm.silu), out + at);
      });
    }
    context->save_for_backward({x, gain, shift});
    context->saved_data["groups"] = norm.groups;
    context->saved_data["epsilon"] = norm.epsilon;
    context->saved_data["silu"] = norm.silu;
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &gain = saved[1], &shift = saved[2];
    const GroupNorm norm{context->saved_data["groups"].toInt(),
                         context->saved_data["epsilon"].toDouble(),
                         context->saved_data["silu"].toBool()};
    const auto dy = in_rows(gradients[0]);
    const Rows shape{x.size(2) * x.size(3), x.size(1)};
    auto dx = torch::empty_like(x);
    for (std::int64_t n = 0; n < x.size(0); ++n) {
      const auto at = n * shape.pixels * shape.channels;
      pull_back(norm, shape, x.data_ptr<float>() + at, dy.data_ptr<float>() + at,
                gain.data_ptr<float>(), shift.data_ptr<float>(), dx.data_ptr<float>() + at);
    }
    return {Variable(), dx, Variable(), Variable()};
  }
};

}  // namespace

torch::Tensor group_norm_reference(const GroupNorm& norm, const torch::Tensor& x,
                                   const torch::Tensor& gain, const torch::Tensor& shift) {
  const auto y = at::group_norm(x, norm.groups, gain, shift, norm.epsilon, /*cudnn_enabled=*/true);
  return norm.silu ? at::silu(y) : y;
}

torch::Tensor group_norm(const GroupNorm& norm, const torch::Tensor& x, const torch::Tensor& gain,
                         const torch::Tensor& shift) {
  const bool fused = x.is_cpu() && x.scalar_type() == torch::kFloat32 &&
                     x.size(1) % kernels::kLanes == 0 && x.numel() > 0;
  return fused ? FusedGroupNorm::apply(norm, x, gain, shift)
               : group_norm_reference(norm, x, gain, shift);
}

}  // namespace restore
