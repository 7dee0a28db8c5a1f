#include "priors/posterior/table.h"

#include "librestore/core/named_rows.h"
#include "priors/posterior/copaint.h"
#include "priors/posterior/daps.h"
#include "priors/posterior/ddnm.h"
#include "priors/posterior/ddnm_plus.h"
#include "priors/posterior/ddrm.h"
#include "priors/posterior/diffpir.h"
#include "priors/posterior/dps.h"
#include "priors/posterior/guided_sampler.h"
#include "priors/posterior/langevin.h"
#include "priors/posterior/lgd_mc.h"
#include "priors/posterior/mcg.h"
#include "priors/posterior/mcgdiff.h"
#include "priors/posterior/mmps.h"
#include "priors/posterior/pigdm.h"
#include "priors/posterior/pnp_dm.h"
#include "priors/posterior/red_diff.h"
#include "priors/posterior/repaint.h"
#include "priors/posterior/sda.h"
#include "priors/posterior/sitcom.h"
#include "priors/posterior/snips.h"
#include "priors/posterior/tds.h"
#include "priors/posterior/tmpd.h"

namespace restore {
namespace {

template <typename Sampler>
PosteriorRow row(const char* name, const char* summary, const char* citation, const char* needs,
                 Exactness exactness) {
  return {method_row<Sampler>(name, summary, citation, needs), exactness};
}

}  // namespace

std::string to_string(Exactness exactness) {
  switch (exactness) {
    case Exactness::exact_in_the_limit:
      return "exact in the limit";
    case Exactness::approximate:
      return "approximate";
  }
  return "unknown";
}

const std::vector<PosteriorRow>& posterior_table() {
  using enum Exactness;
  static const std::vector<PosteriorRow> table{
      row<Dps>(
          "dps", "gradient of the residual's norm after every step",
          "Chung et al. 2023, Diffusion Posterior Sampling for General Noisy Inverse Problems, "
          "https://arxiv.org/abs/2209.14687",
          "any operator, MMSE prior", approximate),
      row<GuidedSampler<Pigdm>>(
          "pigdm", "Gaussian likelihood with the covariance of a white prior",
          "Song et al. 2023, Pseudoinverse-Guided Diffusion Models for Inverse Problems, "
          "https://openreview.net/forum?id=9_gsMA8MRKQ",
          "linear operator, MMSE prior", approximate),
      row<GuidedSampler<Mmps>>(
          "mmps", "Gaussian likelihood with the prior's own covariance, by conjugate gradients",
          "Rozet et al. 2024, Learning Diffusion Priors from Observations by Expectation "
          "Maximization, https://arxiv.org/abs/2405.13712",
          "linear operator, MMSE prior", approximate),
      row<GuidedSampler<Tmpd>>(
          "tmpd", "Gaussian likelihood with the row sums of the prior's own covariance",
          "Boys et al. 2023, Tweedie Moment Projected Diffusions for Inverse Problems, "
          "https://arxiv.org/abs/2310.06721",
          "linear operator, MMSE prior", approximate),
      row<GuidedSampler<Sda>>("sda", "Gaussian likelihood, wider where the state is noisy",
                              "Rozet and Louppe 2023, Score-based Data Assimilation, "
                              "https://arxiv.org/abs/2306.10574",
                              "any operator, MMSE prior", approximate),
      row<GuidedSampler<Diffpir>>(
          "diffpir", "the data step of half-quadratic splitting inside a diffusion",
          "Zhu et al. 2023, Denoising Diffusion Models for Plug-and-Play Image Restoration, "
          "https://arxiv.org/abs/2305.08995",
          "any operator", approximate),
      row<GuidedSampler<Ddnm>>(
          "ddnm", "the measured range replaced by noiseless data",
          "Wang et al. 2023, Zero-Shot Image Restoration Using Denoising Diffusion Null-Space "
          "Model, https://arxiv.org/abs/2212.00490",
          "linear operator", approximate),
      row<DdnmPlus>("ddnm+",
                    "the measured range replaced by noisy data, in the operator's spectrum",
                    "Wang et al. 2023, Zero-Shot Image Restoration Using Denoising Diffusion "
                    "Null-Space Model, https://arxiv.org/abs/2212.00490",
                    "spectral operator", approximate),
      row<Ddrm>("ddrm", "data and estimate mixed for every coefficient of the operator's spectrum",
                "Kawar et al. 2022, Denoising Diffusion Restoration Models, "
                "https://arxiv.org/abs/2201.11793",
                "spectral operator", approximate),
      row<GuidedSampler<LgdMc>>(
          "lgd-mc", "likelihood averaged over random clean pictures around the estimate",
          "Song et al. 2023, Loss-Guided Diffusion Models for Plug-and-Play Controllable "
          "Generation, https://proceedings.mlr.press/v202/song23k.html",
          "any operator, MMSE prior", approximate),
      row<Mcg>("mcg", "the measured range replaced by noised data, the rest moved by a gradient",
               "Chung et al. 2022, Improving Diffusion Models for Inverse Problems using Manifold "
               "Constraints, https://arxiv.org/abs/2206.00941",
               "linear operator, MMSE prior", approximate),
      row<Repaint>("repaint",
                   "the measured range replaced by noised data, steps taken repeatedly; "
                   "resamplings=1 is ILVR",
                   "Lugmayr et al. 2022, RePaint: Inpainting using Denoising Diffusion "
                   "Probabilistic Models, https://arxiv.org/abs/2201.09865",
                   "linear operator", approximate),
      row<Copaint>("copaint", "states moved to where their estimates explain the data",
                   "Zhang et al. 2023, Towards Coherent Image Inpainting Using Denoising Diffusion "
                   "Implicit Models, https://arxiv.org/abs/2304.03322",
                   "any operator, MMSE prior", approximate),
      row<Sitcom>(
          "sitcom", "the denoiser's input fitted to the data by Adam, then noise again",
          "Alkhouri et al. 2025, SITCOM: Step-wise Triple-Consistent Diffusion Sampling for "
          "Inverse Problems, https://arxiv.org/abs/2410.04479",
          "any operator, MMSE prior", approximate),
      row<Daps>(
          "daps", "estimate, draw given the data, add noise again",
          "Zhang et al. 2024, Improving Diffusion Inverse Problem Solving with Decoupled Noise "
          "Annealing, https://arxiv.org/abs/2407.01521",
          "any operator", approximate),
      row<RedDiff>(
          "red-diff", "a mode of the posterior, fitted by Adam",
          "Mardani et al. 2023, A Variational Perspective on Solving Inverse Problems with "
          "Diffusion Models, https://arxiv.org/abs/2305.04391",
          "any operator", approximate),
      row<PnpDm>("pnp-dm", "draws given the data and given the prior in turn, coupled ever closer",
                 "Wu et al. 2024, Principled Probabilistic Imaging using Diffusion Models as "
                 "Plug-and-Play Priors, https://arxiv.org/abs/2405.18782",
                 "any operator", exact_in_the_limit),
      row<PosteriorLangevin>(
          "langevin", "annealed Langevin dynamics on the posterior's score",
          "Jalal et al. 2021, Robust Compressed Sensing MRI with Deep Generative Priors, "
          "https://arxiv.org/abs/2108.01368",
          "any operator, MMSE prior", exact_in_the_limit),
      row<Snips>("snips",
                 "annealed Langevin dynamics for every coefficient of the operator's spectrum",
                 "Kawar et al. 2021, SNIPS: Solving Noisy Inverse Problems Stochastically, "
                 "https://arxiv.org/abs/2105.14951",
                 "spectral operator, MMSE prior", exact_in_the_limit),
      row<Mcgdiff>("mcgdiff", "particles led by the noised data, coefficient by coefficient",
                   "Cardoso et al. 2023, Monte Carlo guided Diffusion for Bayesian linear inverse "
                   "problems, https://arxiv.org/abs/2308.07983",
                   "spectral operator", exact_in_the_limit),
      row<Tds>(
          "tds", "guided particles, weighted back to the posterior",
          "Wu et al. 2023, Practical and Asymptotically Exact Conditional Sampling in Diffusion "
          "Models, https://arxiv.org/abs/2306.17775",
          "spectral operator, MMSE prior", exact_in_the_limit),
  };
  return table;
}

const PosteriorRow& find_posterior_method(const std::string& name) {
  return find_row(posterior_table(), name, "posterior sampler");
}

}  // namespace restore
