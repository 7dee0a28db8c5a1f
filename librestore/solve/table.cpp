#include "librestore/solve/table.h"

#include "librestore/core/error.h"
#include "librestore/solve/admm.h"
#include "librestore/solve/denoise.h"
#include "librestore/solve/fista.h"
#include "librestore/solve/hqs.h"

namespace restore {

const std::vector<MethodRow>& solver_table() {
  static const std::vector<MethodRow> table{
      {"hqs", "half-quadratic splitting on a falling noise schedule",
       "Zhang et al. 2021, Plug-and-Play Image Restoration with Deep Denoiser Prior, "
       "https://arxiv.org/abs/2008.13751",
       "linear operator", describe_method<Hqs, HqsOptions>, make_method<Hqs, HqsOptions>},
      {"admm", "alternating direction method of multipliers at one noise level",
       "Venkatakrishnan et al. 2013, Plug-and-play priors for model based reconstruction, "
       "https://doi.org/10.1109/GlobalSIP.2013.6737048",
       "linear operator", describe_method<Admm, AdmmOptions>, make_method<Admm, AdmmOptions>},
      {"fista", "proximal gradient with momentum: products with A and its transpose only",
       "Beck and Teboulle 2009, A fast iterative shrinkage-thresholding algorithm for linear "
       "inverse "
       "problems, https://doi.org/10.1137/080716542",
       "linear operator", describe_method<Fista, FistaOptions>, make_method<Fista, FistaOptions>},
      {"denoise", "one evaluation of the denoiser at the noise level", "the prior's own",
       "identity", describe_method<Denoise, DenoiseOptions>, make_method<Denoise, DenoiseOptions>},
  };
  return table;
}

const MethodRow& find_solver(const std::string& name) {
  std::string known;
  for (const MethodRow& row : solver_table()) {
    if (row.name == name) return row;
    known += (known.empty() ? "" : ", ") + row.name;
  }
  throw usage_error("unknown solver '{}'; there are {}", name, known);
}

}  // namespace restore
