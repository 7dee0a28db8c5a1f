#include "priors/neural/checkpoint/parametrization.h"

#include "librestore/core/error.h"
#include "priors/neural/checkpoint/discrete_diffusion.h"
#include "priors/neural/checkpoint/edm_preconditioner.h"

namespace restore {
namespace {

class Estimate : public Parametrization {
 public:
  Estimate(const Json& config, const std::string& where)
      : range_{config.at("sigma_range").at(0), config.at("sigma_range").at(1)} {
    if (!(range_.minimum >= 0 && range_.maximum > 0 && range_.maximum >= range_.minimum))
      throw item_error("{}: sigma_range is not one", where);
  }

  torch::Tensor denoise(const NetworkFunction& F, const torch::Tensor& x,
                        double sigma) const override {
    return F(x, std::clamp(sigma, range_.minimum, range_.maximum));
  }
  SigmaRange sigma_range() const override { return range_; }
  Json config() const override {
    return {
        {"kind", "estimate"}, {"range", {0, 1}}, {"sigma_range", {range_.minimum, range_.maximum}}};
  }

 private:
  SigmaRange range_;
};

}  // namespace

std::unique_ptr<Parametrization> make_parametrization(const Json& config,
                                                      const std::string& where) {
  try {
    const std::string kind = config.at("kind");
    if (kind == "estimate") return std::make_unique<Estimate>(config, where);
    if (kind == "discrete") return std::make_unique<DiscreteDiffusion>(config, where);
    if (kind == "edm") return std::make_unique<EdmPreconditioner>(config, where);
    throw item_error("{}: parametrization '{}' is not known", where, kind);
  } catch (const Json::exception& error) {
    throw item_error("{}: the parametrization is not readable: {}", where, error.what());
  }
}

}  // namespace restore
