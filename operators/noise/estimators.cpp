#include "operators/noise/estimators.h"

#include "librestore/core/error.h"
#include "librestore/core/named_rows.h"
#include "operators/noise/gain_fit.h"
#include "operators/noise/gaussian_noise.h"
#include "operators/noise/patch_covariance.h"
#include "operators/noise/poisson_gaussian_noise.h"
#include "operators/noise/wavelet_mad.h"

namespace restore {
namespace {

using NoisePointer = std::shared_ptr<const NoiseModel>;

// What a model's parameters are at least.
constexpr double kLeastParameter = 1e-9;

void check_size(const torch::Tensor& y) {
  if (y.size(2) < kSmallestForNoise || y.size(3) < kSmallestForNoise)
    throw usage_error("a picture of {}x{} is too small to tell its noise; give it as a number",
                      y.size(3), y.size(2));
}

template <double (*sigma_of)(const torch::Tensor&)>
NoisePointer white(const torch::Tensor& y, double range, double least) {
  check_size(y);
  return std::make_shared<GaussianNoise>(std::max(least, range * sigma_of(y / range)));
}

NoisePointer camera(const torch::Tensor& y, double range, double least) {
  check_size(y);
  const auto fit = fit_gain(y / range);
  const double read = std::max(least, range * fit.read);
  // Without a gain the noise is white.
  if (range * fit.gain < kLeastParameter) return std::make_shared<GaussianNoise>(read);
  return std::make_shared<PoissonGaussianNoise>(range * fit.gain, std::max(read, kLeastParameter));
}

}  // namespace

const std::vector<Estimator>& estimator_table() {
  static const std::vector<Estimator> table{
      {"patches", "white noise, from the least eigenvalues of the covariance of patches",
       "Chen, Zhu, Heng 2015, An Efficient Statistical Method for Image Noise Level Estimation, "
       "https://doi.org/10.1109/ICCV.2015.62",
       true, white<patch_covariance_sigma>},
      {"mad", "white noise, from the median of the finest detail; texture counts as noise",
       "Donoho, Johnstone 1994, Ideal spatial adaptation by wavelet shrinkage, "
       "https://doi.org/10.1093/biomet/81.3.425",
       true, white<wavelet_mad_sigma>},
      {"poisson-gaussian", "a camera's gain and read noise, from the variance at every grey",
       "Foi et al. 2008, Practical Poissonian-Gaussian noise modeling and fitting for single-image "
       "raw-data, https://doi.org/10.1109/TIP.2008.2001399",
       false, camera},
  };
  return table;
}

const Estimator& find_estimator(const std::string& name) {
  return find_row(estimator_table(), name, "estimator");
}

}  // namespace restore
