#include "priors/diffusion/table.h"

#include "librestore/core/named_rows.h"
#include "priors/diffusion/annealed_langevin.h"
#include "priors/diffusion/ddim.h"
#include "priors/diffusion/ddpm.h"
#include "priors/diffusion/dpm_solver.h"
#include "priors/diffusion/euler.h"
#include "priors/diffusion/heun.h"
#include "priors/diffusion/predictor_corrector.h"

namespace restore {
namespace {

template <typename S, typename Options>
std::unique_ptr<Sampler> make(const std::map<std::string, std::string>& values) {
  Options options;
  for (const auto& [name, value] : values) set_parameter(S::parameters(), options, name, value);
  return std::make_unique<S>(options);
}

template <typename S, typename Options>
SamplerRow row(const char* name, const char* summary, const char* citation) {
  return {name, summary, citation, [] { return describe_parameters<Options>(S::parameters()); },
          make<S, Options>};
}

// Of a sampler without parameters.
template <typename S>
SamplerRow row(const char* name, const char* summary, const char* citation) {
  return {name, summary, citation, [] { return std::vector<std::string>{}; },
          [](const std::map<std::string, std::string>& values) -> std::unique_ptr<Sampler> {
            if (!values.empty()) throw_unknown_parameter(values.begin()->first, {});
            return std::make_unique<S>();
          }};
}

constexpr const char* kEdm =
    "Karras et al. 2022, Elucidating the Design Space of Diffusion-Based Generative Models, "
    "https://arxiv.org/abs/2206.00364";

}  // namespace

const std::vector<SamplerRow>& sampler_table() {
  static const std::vector<SamplerRow> table{
      row<Heun, ChurnOptions>("heun", "Heun's method on the probability flow: second order", kEdm),
      row<Euler, ChurnOptions>("euler", "Euler's method on the probability flow", kEdm),
      row<DpmSolver>("dpm++2m", "DPM-Solver++(2M): second order at one call a step",
                     "Lu et al. 2022, DPM-Solver++: Fast Solver for Guided Sampling of Diffusion "
                     "Probabilistic Models, https://arxiv.org/abs/2211.01095"),
      row<Ddim, DdimOptions>("ddim", "implicit steps with as much fresh noise as eta says",
                             "Song, Meng, Ermon 2021, Denoising Diffusion Implicit Models, "
                             "https://arxiv.org/abs/2010.02502"),
      row<Ddpm>("ddpm", "ancestral sampling: each step draws from q(x_s | x_t, x0)",
                "Ho, Jain, Abbeel 2020, Denoising Diffusion Probabilistic Models, "
                "https://arxiv.org/abs/2006.11239"),
      row<AnnealedLangevin, AnnealedLangevinOptions>(
          "langevin", "Langevin dynamics on the score, level by level",
          "Song, Ermon 2019, Generative Modeling by Estimating Gradients of the Data "
          "Distribution, https://arxiv.org/abs/1907.05600"),
      row<PredictorCorrector, PredictorCorrectorOptions>(
          "pc", "reverse diffusion, each level put right by Langevin steps",
          "Song et al. 2021, Score-Based Generative Modeling through Stochastic Differential "
          "Equations, https://arxiv.org/abs/2011.13456"),
  };
  return table;
}

const SamplerRow& find_sampler(const std::string& name) {
  return find_row(sampler_table(), name, "sampler");
}

}  // namespace restore
