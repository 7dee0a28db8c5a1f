#include "priors/diffusion/table.h"

#include "priors/diffusion/annealed_langevin.h"
#include "priors/diffusion/ddim.h"
#include "priors/diffusion/ddpm.h"
#include "priors/diffusion/dpm_solver.h"
#include "priors/diffusion/euler.h"
#include "priors/diffusion/heun.h"
#include "priors/diffusion/predictor_corrector.h"

namespace restore {
namespace {

template <typename S>
SamplerRow row(const char* name, const char* summary, const char* citation) {
  return {name, summary, citation, parameter_lines<S>, make_from<Sampler, S>};
}

// Of a sampler without parameters.
template <typename S>
SamplerRow plain_row(const char* name, const char* summary, const char* citation) {
  return {name, summary, citation, [] { return std::vector<std::string>{}; },
          [](const ParameterValues& values) -> std::unique_ptr<Sampler> {
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
      row<Heun>("heun", "Heun's method on the probability flow: second order", kEdm),
      row<Euler>("euler", "Euler's method on the probability flow", kEdm),
      plain_row<DpmSolver>(
          "dpm++2m", "DPM-Solver++(2M): second order at one call a step",
          "Lu et al. 2022, DPM-Solver++: Fast Solver for Guided Sampling of Diffusion "
          "Probabilistic Models, https://arxiv.org/abs/2211.01095"),
      row<Ddim>("ddim", "implicit steps with as much fresh noise as eta says",
                "Song, Meng, Ermon 2021, Denoising Diffusion Implicit Models, "
                "https://arxiv.org/abs/2010.02502"),
      plain_row<Ddpm>("ddpm", "ancestral sampling: each step draws from q(x_s | x_t, x0)",
                      "Ho, Jain, Abbeel 2020, Denoising Diffusion Probabilistic Models, "
                      "https://arxiv.org/abs/2006.11239"),
      row<AnnealedLangevin>(
          "langevin", "Langevin dynamics on the score, level by level",
          "Song, Ermon 2019, Generative Modeling by Estimating Gradients of the Data "
          "Distribution, https://arxiv.org/abs/1907.05600"),
      row<PredictorCorrector>(
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
