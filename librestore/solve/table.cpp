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

constexpr const char* kAnderson =
    "Walker and Ni 2011, Anderson acceleration for fixed-point iterations, "
    "https://doi.org/10.1137/10078356X";

template <typename Solver, typename Options>
std::vector<std::string> describe_accelerated() {
  auto lines = describe_method<Solver, Options>();
  for (auto& line : describe_parameters(Anderson::parameters())) lines.push_back(std::move(line));
  return lines;
}

template <typename Solver, typename Options>
std::unique_ptr<Method> make_accelerated(const ParameterValues& values) {
  Options options;
  AndersonOptions anderson;
  for (const auto& [name, value] : values)
    name == "memory" || name == "growth"
        ? set_parameter(Anderson::parameters(), anderson, name, value)
        : set_parameter(Solver::parameters(), options, name, value);
  return std::make_unique<Anderson>(std::make_unique<const Solver>(options), anderson);
}

}  // namespace

const std::vector<MethodRow>& solver_table() {
  static const std::vector<MethodRow> table{
      {"hqs", "half-quadratic splitting on a falling noise schedule",
       "Zhang et al. 2021, Plug-and-Play Image Restoration with Deep Denoiser Prior, "
       "https://arxiv.org/abs/2008.13751",
       "any operator", describe_method<Hqs, HqsOptions>, make_method<Hqs, HqsOptions>},
      {"admm", "alternating direction method of multipliers at one noise level",
       "Venkatakrishnan et al. 2013, Plug-and-play priors for model based reconstruction, "
       "https://doi.org/10.1109/GlobalSIP.2013.6737048",
       "any operator", describe_method<Admm, AdmmOptions>, make_method<Admm, AdmmOptions>},
      {"fista", "proximal gradient with momentum: products with A and its transpose only",
       "Beck and Teboulle 2009, A fast iterative shrinkage-thresholding algorithm for linear "
       "inverse problems, https://doi.org/10.1137/080716542",
       "any operator", describe_method<Fista, FistaOptions>, make_method<Fista, FistaOptions>},
      {"pgm", "proximal gradient without momentum, for denoisers that momentum throws off",
       "Kamilov et al. 2017, A plug-and-play priors approach for solving nonlinear imaging inverse "
       "problems, https://doi.org/10.1109/LSP.2017.2763583",
       "any operator", describe_method<Pgm, PgmOptions>, make_method<Pgm, PgmOptions>},
      {"drs", "Douglas-Rachford splitting: ADMM's fixed point, with relaxation",
       "Lions and Mercier 1979, Splitting algorithms for the sum of two nonlinear operators, "
       "https://doi.org/10.1137/0716071",
       "any operator", describe_method<Drs, DrsOptions>, make_method<Drs, DrsOptions>},
      {"red",
       "regularisation by denoising, gradient descent: products with A and its transpose only",
       kRed, "any operator", describe_method<Red, RedOptions>, make_method<Red, RedOptions>},
      {"red-fp", "regularisation by denoising, fixed-point iteration: a data step a denoiser call",
       kRed, "any operator", describe_method<RedFixedPoint, RedFixedPointOptions>,
       make_method<RedFixedPoint, RedFixedPointOptions>},
      {"red-admm", "regularisation by denoising, ADMM", kRed, "any operator",
       describe_method<RedAdmm, RedAdmmOptions>, make_method<RedAdmm, RedAdmmOptions>},
      {"anderson:pgm", "pgm with Anderson acceleration", kAnderson, "any operator",
       describe_accelerated<Pgm, PgmOptions>, make_accelerated<Pgm, PgmOptions>},
      {"anderson:red", "red with Anderson acceleration", kAnderson, "any operator",
       describe_accelerated<Red, RedOptions>, make_accelerated<Red, RedOptions>},
      {"anderson:red-fp", "red-fp with Anderson acceleration", kAnderson, "any operator",
       describe_accelerated<RedFixedPoint, RedFixedPointOptions>,
       make_accelerated<RedFixedPoint, RedFixedPointOptions>},
      {"ula", "posterior mean by unadjusted Langevin steps; thousands of denoiser calls",
       "Laumont et al. 2022, Bayesian imaging using Plug & Play priors: when Langevin meets "
       "Tweedie, "
       "https://arxiv.org/abs/2103.04715",
       "any operator", describe_method<Ula, LangevinOptions>, make_method<Ula, LangevinOptions>},
      {"skrock", "posterior mean by stabilised Langevin steps, longer than ula's",
       "Pereyra et al. 2020, Accelerating proximal Markov chain Monte Carlo by using an explicit "
       "stabilized method, https://arxiv.org/abs/1905.06386",
       "any operator", describe_method<SkRock, SkRockOptions>, make_method<SkRock, SkRockOptions>},
      {"denoise", "one evaluation of the denoiser at the noise level", "the prior's own",
       "identity", describe_method<Denoise, DenoiseOptions>, make_method<Denoise, DenoiseOptions>},
  };
  return table;
}

const MethodRow& find_solver(const std::string& name) {
  return find_row(solver_table(), name, "solver");
}

}  // namespace restore
