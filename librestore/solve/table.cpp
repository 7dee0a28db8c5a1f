#include "librestore/solve/table.h"

#include "librestore/core/named_rows.h"
#include "librestore/solve/admm.h"
#include "librestore/solve/anderson.h"
#include "librestore/solve/denoise.h"
#include "librestore/solve/drs.h"
#include "librestore/solve/fista.h"
#include "librestore/solve/hqs.h"
#include "librestore/solve/pgm.h"
#include "librestore/solve/red_admm.h"
#include "librestore/solve/red_fixed_point.h"
#include "librestore/solve/red_gradient.h"
#include "librestore/solve/skrock.h"
#include "librestore/solve/ula.h"

namespace restore {
namespace {

constexpr const char* kRed =
    "Romano, Elad, Milanfar 2017, The little engine that could: Regularization by Denoising, "
    "https://arxiv.org/abs/1611.02862";

template <typename T>
MethodRow row(const char* name, const char* summary, const char* citation) {
  return method_row<T>(name, summary, citation, "any operator");
}

template <typename Inner>
std::vector<std::string> accelerated_lines() {
  auto lines = parameter_lines<Inner>();
  for (auto& line : parameter_lines<Anderson>()) lines.push_back(std::move(line));
  return lines;
}

template <typename Inner>
std::unique_ptr<Method> make_accelerated(const ParameterValues& values) {
  ParameterValues own = values, of_anderson;
  for (const auto& parameter : Anderson::parameters())
    of_anderson.insert(own.extract(parameter.info.name));
  return std::make_unique<Anderson>(make_from<const FixedPointMethod, const Inner>(own),
                                    options_of<Anderson>(of_anderson));
}

template <typename Inner>
MethodRow accelerated_row(const char* name, const char* summary) {
  return {name,
          summary,
          "Walker and Ni 2011, Anderson acceleration for fixed-point iterations, "
          "https://doi.org/10.1137/10078356X",
          "any operator",
          accelerated_lines<Inner>,
          make_accelerated<Inner>};
}

}  // namespace

const std::vector<MethodRow>& solver_table() {
  static const std::vector<MethodRow> table{
      row<Hqs>("hqs", "half-quadratic splitting on a falling noise schedule",
               "Zhang et al. 2021, Plug-and-Play Image Restoration with Deep Denoiser Prior, "
               "https://arxiv.org/abs/2008.13751"),
      row<Admm>("admm", "alternating direction method of multipliers at one noise level",
                "Venkatakrishnan et al. 2013, Plug-and-play priors for model based reconstruction, "
                "https://doi.org/10.1109/GlobalSIP.2013.6737048"),
      row<Fista>(
          "fista", "proximal gradient with momentum: products with A and its transpose only",
          "Beck and Teboulle 2009, A fast iterative shrinkage-thresholding algorithm for linear "
          "inverse problems, https://doi.org/10.1137/080716542"),
      row<Pgm>("pgm", "proximal gradient without momentum, for denoisers that momentum throws off",
               "Kamilov et al. 2017, A plug-and-play priors approach for solving nonlinear imaging "
               "inverse "
               "problems, https://doi.org/10.1109/LSP.2017.2763583"),
      row<Drs>(
          "drs", "Douglas-Rachford splitting: ADMM's fixed point, with relaxation",
          "Lions and Mercier 1979, Splitting algorithms for the sum of two nonlinear operators, "
          "https://doi.org/10.1137/0716071"),
      row<Red>(
          "red",
          "regularisation by denoising, gradient descent: products with A and its transpose only",
          kRed),
      row<RedFixedPoint>(
          "red-fp",
          "regularisation by denoising, fixed-point iteration: a data step a denoiser call", kRed),
      row<RedAdmm>("red-admm", "regularisation by denoising, ADMM", kRed),
      accelerated_row<Pgm>("anderson:pgm", "pgm with Anderson acceleration"),
      accelerated_row<Red>("anderson:red", "red with Anderson acceleration"),
      accelerated_row<RedFixedPoint>("anderson:red-fp", "red-fp with Anderson acceleration"),
      row<Ula>(
          "ula", "posterior mean by unadjusted Langevin steps; thousands of denoiser calls",
          "Laumont et al. 2022, Bayesian imaging using Plug & Play priors: when Langevin meets "
          "Tweedie, https://arxiv.org/abs/2103.04715"),
      row<SkRock>("skrock", "posterior mean by stabilised Langevin steps, longer than ula's",
                  "Pereyra et al. 2020, Accelerating proximal Markov chain Monte Carlo by using an "
                  "explicit "
                  "stabilized method, https://arxiv.org/abs/1905.06386"),
      method_row<Denoise>("denoise", "one evaluation of the denoiser at the noise level",
                          "the prior's own", "identity"),
  };
  return table;
}

const MethodRow& find_solver(const std::string& name) {
  return find_row(solver_table(), name, "solver");
}

}  // namespace restore
