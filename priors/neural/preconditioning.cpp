#include "priors/neural/preconditioning.h"

namespace restore {

Preconditioning::Preconditioning(const torch::Tensor& sigma) {
  const auto total = sigma.square() + kSigmaData * kSigmaData;
  skip = kSigmaData * kSigmaData / total;
  out = sigma * kSigmaData * total.rsqrt();
  in = total.rsqrt();
  noise = sigma.log() / 4;
}

}  // namespace restore
