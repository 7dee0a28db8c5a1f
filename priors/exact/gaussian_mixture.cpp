#include "priors/exact/gaussian_mixture.h"

#include "librestore/core/error.h"
#include "librestore/model/random.h"
#include "priors/exact/conditioning.h"

namespace restore {

namespace {

// The items of a batch are independent: some at a time keep what lies between two operations in the
// cache.
constexpr std::int64_t kValuesAtOnce = 1 << 15;

std::vector<torch::Tensor> split(const torch::Tensor& rows) {
  return rows.split(std::max<std::int64_t>(1, kValuesAtOnce / rows.size(1)));
}

}  // namespace

struct GaussianMixture::Evaluation {
  double sigma;
  std::vector<torch::Tensor> z;  // Q^T x of each cluster, N x d
  torch::Tensor log_joint;       // log w_k + log N(x; m_k, C_k + sigma^2 I), N x K
  torch::Tensor r;               // N x K
};

GaussianMixture::GaussianMixture(const torch::Tensor& weights, const torch::Tensor& means,
                                 std::vector<CovariancePointer> covariances)
    : log_weights_(weights.to(torch::kFloat64)),
      means_(means.to(torch::kFloat64)),
      covariances_(std::move(covariances)) {
  const auto K = log_weights_.numel();
  const auto given = static_cast<std::int64_t>(covariances_.size());
  if (means_.dim() != 4 || means_.size(0) != K || (given != 1 && given != K))
    throw usage_error("gaussian mixture: {} weights, {} means, {} covariances", K, means_.size(0),
                      given);
  if (!(log_weights_.min().item<double>() >= 0 && log_weights_.sum().item<double>() > 0))
    throw usage_error("gaussian mixture: a weight is negative, or all are 0");
  log_weights_ = torch::log_softmax(log_weights_.flatten().log(), 0);
  for (std::int64_t c = 0; c < given; ++c) {
    const auto& C = covariances_[static_cast<std::size_t>(c)];
    if (C->dimension() != shape().numel())
      throw usage_error("gaussian mixture: means of {} values do not fit a covariance of {}",
                        shape().numel(), C->dimension());
    const auto of_cluster = given == 1 ? means_ : means_.narrow(0, c, 1);
    clusters_.push_back({C, c, C->analyze(of_cluster.flatten(1))});
  }
}

GaussianMixture::GaussianMixture(const torch::Tensor& weights, const torch::Tensor& means,
                                 double variance)
    : GaussianMixture(weights, means,
                      {isotropic_covariance(means.numel() / means.size(0), variance)}) {
  variance_ = variance;
}

GaussianMixture::Evaluation GaussianMixture::evaluate(const torch::Tensor& given,
                                                      double sigma) const {
  const auto rows = given.to(torch::kFloat64);
  Evaluation at{sigma, {}, {}, {}};
  std::vector<torch::Tensor> log_likelihoods;
  for (const Cluster& cluster : clusters_) {
    at.z.push_back(cluster.C->analyze(rows));
    log_likelihoods.push_back(
        log_normal(at.z.back(), cluster.mu, cluster.C->eigenvalues() + sigma * sigma));
  }
  at.log_joint = log_weights_ + torch::cat(log_likelihoods, 1);
  at.r = torch::softmax(at.log_joint, 1);
  return at;
}

GaussianMixture::Evaluation GaussianMixture::evaluate_weights(const torch::Tensor& given,
                                                              double sigma) const {
  if (!variance_) return evaluate(given, sigma);
  const auto rows = given.to(torch::kFloat64);
  const auto& mu = clusters_[0].mu;
  // log w_k + (x . m_k - |m_k|^2 / 2) / (variance + sigma^2); what is the same for all k drops out
  const double p = 1 / (*variance_ + sigma * sigma);
  const auto constant = log_weights_ - 0.5 * p * mu.square().sum(1);
  return {sigma, {rows}, {}, torch::softmax(torch::addmm(constant, rows, mu.t(), 1, p), 1)};
}

torch::Tensor GaussianMixture::mean_of(const Evaluation& at) const {
  if (variance_) {
    // G x + (1 - G) sum_k r_k m_k
    const double G = *variance_ / (*variance_ + at.sigma * at.sigma);
    return torch::addmm(at.z[0], at.r, clusters_[0].mu, G, 1 - G);
  }
  torch::Tensor D;
  for (std::size_t c = 0; c < clusters_.size(); ++c) {
    const auto& [C, first, mu] = clusters_[c];
    const auto G = C->eigenvalues() / (C->eigenvalues() + at.sigma * at.sigma);
    const auto r = at.r.narrow(1, first, mu.size(0));
    // sum_k r_k (mu_k + G (z - mu_k))
    const auto part = C->synthesize(G * at.z[c] * r.sum(1, true) + (1 - G) * torch::mm(r, mu));
    D = D.defined() ? D + part : part;
  }
  return D;
}

torch::Tensor GaussianMixture::jacobian_product(const Evaluation& at,
                                                const torch::Tensor& v) const {
  if (variance_) {
    const double sigma2 = at.sigma * at.sigma, P = 1 / (*variance_ + sigma2);
    const auto& mu = clusters_[0].mu;
    // s_k . v = P (m_k - x) . v; from r_k (s_k - s) . v, which sums to 0, x drops out
    const auto a = P * torch::mm(v, mu.t());
    const auto b = at.r * (a - (at.r * a).sum(1, true));
    return torch::addmm(v, b, mu, *variance_ * P, sigma2 * P);
  }
  std::vector<torch::Tensor> v_in_basis, s_dot_v;
  for (std::size_t c = 0; c < clusters_.size(); ++c) {
    const auto& [C, first, mu] = clusters_[c];
    const auto P = 1 / (C->eigenvalues() + at.sigma * at.sigma);
    v_in_basis.push_back(C->analyze(v));
    // s_k . v = (mu_k - z) . P v
    const auto Pv = P * v_in_basis[c];
    s_dot_v.push_back(torch::mm(Pv, mu.t()) - (at.z[c] * Pv).sum(1, true));
  }
  auto a = torch::cat(s_dot_v, 1);
  a = at.r * (a - (at.r * a).sum(1, true));  // r_k (s_k - s) . v; sums to 0 over k

  torch::Tensor Jv;
  for (std::size_t c = 0; c < clusters_.size(); ++c) {
    const auto& [C, first, mu] = clusters_[c];
    const double sigma2 = at.sigma * at.sigma;
    const auto P = 1 / (C->eigenvalues() + sigma2);
    const auto r = at.r.narrow(1, first, mu.size(0)), b = a.narrow(1, first, mu.size(0));
    // sum_k r_k G v + sigma^2 sum_k b_k s_k,  s_k = P (mu_k - z)
    const auto part = C->synthesize(C->eigenvalues() * P * v_in_basis[c] * r.sum(1, true) +
                                    sigma2 * P * (torch::mm(b, mu) - at.z[c] * b.sum(1, true)));
    Jv = Jv.defined() ? Jv + part : part;
  }
  return Jv;
}

torch::Tensor GaussianMixture::by_rows(
    const torch::Tensor& x, const std::function<torch::Tensor(const torch::Tensor&)>& f) const {
  check_shape(x, shape(), "gaussian mixture");
  std::vector<torch::Tensor> parts;
  for (const auto& rows : split(x.flatten(1))) parts.push_back(f(rows));
  return torch::cat(parts);
}

torch::Tensor GaussianMixture::denoise(const torch::Tensor& x, double sigma) const {
  if (sigma == 0) return x;
  return by_rows(x,
                 [&](const torch::Tensor& rows) {
                   return mean_of(evaluate_weights(rows, sigma)).to(x.scalar_type());
                 })
      .view_as(x);
}

Linearization GaussianMixture::linearize(const torch::Tensor& x, double sigma) const {
  if (sigma == 0) return {x, [](const torch::Tensor& v) { return v; }};
  std::vector<Evaluation> at;
  const auto D = by_rows(x, [&](const torch::Tensor& rows) {
    at.push_back(evaluate_weights(rows, sigma));
    return mean_of(at.back()).to(x.scalar_type());
  });
  return {D.view_as(x), [this, at = std::move(at)](const torch::Tensor& v) {
            std::size_t part = 0;
            return by_rows(v,
                           [&](const torch::Tensor& rows) {
                             return jacobian_product(at[part++], rows.to(torch::kFloat64))
                                 .to(v.scalar_type());
                           })
                .view_as(v);
          }};
}

torch::Tensor GaussianMixture::log_responsibilities(const torch::Tensor& x, double sigma) const {
  return by_rows(x, [&](const torch::Tensor& rows) {
    return torch::log_softmax(evaluate(rows, sigma).log_joint, 1);
  });
}

torch::Tensor GaussianMixture::log_density(const torch::Tensor& x, double sigma) const {
  return by_rows(x, [&](const torch::Tensor& rows) {
    return torch::logsumexp(evaluate(rows, sigma).log_joint, 1);
  });
}

torch::Tensor GaussianMixture::draw(Rng& rng, std::int64_t n, torch::ScalarType type) const {
  const auto cumulative = log_weights_.exp().cumsum(0);
  const auto u = rand(rng, {1, 1, 1}, n, torch::kFloat64).flatten() * cumulative[-1];
  const auto component = torch::searchsorted(cumulative, u);
  const auto z = randn(rng, shape(), n, torch::kFloat64).flatten(1);
  auto x = means_.index_select(0, component).flatten(1);
  for (const auto& [C, first, mu] : clusters_) {
    const auto ours = (component >= first).logical_and(component < first + mu.size(0));
    x += C->apply(z, C->eigenvalues().sqrt()) * ours.unsqueeze(1);
  }
  return x.view(shape().batch(n)).to(type);
}

namespace {

// Every component given y, under its own covariance.
struct Conditioned {
  torch::Tensor means, log_evidences;  // K x d, K
  std::vector<CovariancePointer> covariances;
};

Conditioned condition(const GaussianMixture& prior, const Measurement& measurement) {
  const auto means = prior.means().flatten(1);
  const auto per_covariance = means.size(0) / static_cast<std::int64_t>(prior.covariances().size());
  std::vector<torch::Tensor> posterior_means, log_evidences;
  Conditioned all;
  for (const auto& part : means.split(per_covariance)) {
    const Conditioning given_y(*prior.covariances()[all.covariances.size()], measurement);
    posterior_means.push_back(given_y.posterior_means(part));
    log_evidences.push_back(given_y.log_evidence(part));
    all.covariances.push_back(given_y.posterior_covariance());
  }
  all.means = torch::cat(posterior_means);
  all.log_evidences = torch::cat(log_evidences);
  return all;
}

}  // namespace

GaussianMixture posterior(const GaussianMixture& prior, const Measurement& measurement) {
  const auto given_y = condition(prior, measurement);
  // w_k' ~ w_k N(y; A m_k, A C_k A^T + sigma_y^2 I)
  const auto weights = torch::softmax(prior.log_weights() + given_y.log_evidences, 0);
  return {weights, given_y.means.view_as(prior.means()), given_y.covariances};
}

double log_evidence(const GaussianMixture& prior, const Measurement& measurement) {
  const auto given_y = condition(prior, measurement);
  return torch::logsumexp(prior.log_weights() + given_y.log_evidences, 0).item<double>();
}

}  // namespace restore
