#include "priors/factory.h"

#include <set>

#include "librestore/core/named_rows.h"
#include "priors/anscombe.h"
#include "priors/bounded.h"
#include "priors/classic/bm3d.h"
#include "priors/classic/curvature_flow.h"
#include "priors/classic/nonlocal_means.h"
#include "priors/classic/total_variation.h"
#include "priors/classic/wavelet.h"
#include "priors/equivariant.h"
#include "priors/neural/checkpoint/load_prior.h"
#include "priors/neural/checkpoint/read_checkpoint.h"
#include "priors/neural/denoiser.h"
#include "priors/neural/shipped.h"
#include "priors/patch/empirical.h"
#include "priors/patch/local_patches.h"
#include "priors/patch/mixture/mixture_file.h"
#include "priors/patch/patch_prior.h"
#include "priors/patch/picture_folder.h"
#include "priors/patch/self.h"

namespace restore {
namespace {

using Prior = std::shared_ptr<const Denoiser>;
using Files = std::vector<std::filesystem::path>;

// `argument` is what follows the colon, empty without one; here the strength.
template <typename Classic, typename Options>
Prior make_classic(const std::string& argument) {
  Options options;
  if (!argument.empty()) set_parameter(Classic::parameters(), options, "strength", argument);
  return std::make_shared<Classic>(options);
}

Prior make_bm3d(const std::string& argument) {
  if (!argument.empty()) throw usage_error("prior 'bm3d' takes no parameter, got '{}'", argument);
  return std::make_shared<Bm3d>();
}

Prior make_curvature(const std::string& argument) {
  if (argument.empty() || argument == "mcm") return std::make_shared<CurvatureFlow>(Flow::mcm);
  if (argument == "amss") return std::make_shared<CurvatureFlow>(Flow::amss);
  if (argument == "heat") return std::make_shared<CurvatureFlow>(Flow::heat);
  throw usage_error("prior 'curvature': no flow '{}'; heat, mcm or amss", argument);
}

template <typename Wrapper>
Prior make_wrapper(const std::string& argument) {
  return std::make_shared<Wrapper>(make_prior(argument));
}

// `argument`: the type of the network's convolutions.
Prior load_network(const std::filesystem::path& path, const std::string& name,
                   const std::string& argument) {
  if (argument.empty() || argument == "float32") return load_network_prior(path, name);
  if (argument == "bfloat16") return load_network_prior(path, name, Precision::bfloat16);
  throw usage_error("prior '{}': '{}' is not a number type; float32 or bfloat16", name, argument);
}

std::filesystem::path shipped_file(const std::string& name) {
  if (const auto path = find_shipped_prior(name)) return *path;
  std::string folders;
  for (const auto& folder : prior_folders())
    folders += (folders.empty() ? "" : ", ") + folder.string();
  throw usage_error("prior '{}': no {}.safetensors in {}; set RESTORE_PRIOR_PATH to its folder",
                    name, name, folders);
}

Prior make_natural(const std::string& argument) {
  return load_network(shipped_file("natural"), argument.empty() ? "natural" : "natural:" + argument,
                      argument);
}

Files files_of_natural(const std::string&) { return {shipped_file("natural")}; }

Files files_of_mixture(const std::string& argument) {
  if (!argument.empty() && !std::filesystem::exists(argument))
    throw usage_error("prior 'gmm:{}': no such file", argument);
  return {argument.empty() ? shipped_file("gmm") : std::filesystem::path(argument)};
}

Prior make_mixture(const std::string& argument) {
  return std::make_shared<Epll>(read_mixture(files_of_mixture(argument)[0]).mixture,
                                argument.empty() ? "gmm" : "gmm:" + argument);
}

// WEIGHTS or WEIGHTS:TYPE.
std::pair<std::string, std::string> split_type(const std::string& name) {
  for (const std::string type : {"float32", "bfloat16"})
    if (name.ends_with(":" + type)) return {name.substr(0, name.size() - type.size() - 1), type};
  return {name, ""};
}

Prior load_weights(const std::filesystem::path& path, const std::string& name,
                   const std::string& type) {
  const bool mixture = is_mixture(path);
  if (type.empty()) return mixture ? make_mixture(path) : load_prior(path, name);
  if (mixture || !is_own_prior(path))
    throw usage_error(
        "prior '{}': only the networks of restore-train have a choice of number types; "
        "leave out :{}",
        name, type);
  return load_network(path, name, type);
}

std::string folder_of(const std::string& name, const std::string& argument) {
  if (argument.empty())
    throw usage_error("prior '{}': no folder of pictures; write {}:DIR", name, name);
  return argument;
}

Prior make_empirical(const std::string& argument) {
  const auto pictures = load_equal_pictures(folder_of("dataset", argument));
  return std::make_shared<Empirical>(pictures, "dataset:" + argument);
}

Prior make_local(const std::string& argument) {
  const auto pictures = load_equal_pictures(folder_of("local", argument));
  return std::make_shared<LocalPatches>(pictures, "local:" + argument);
}

Prior make_patches(const std::string& argument) {
  std::vector<PatchSource> sources;
  for (auto& picture : load_pictures(folder_of("patches", argument)))
    sources.push_back({std::move(picture), {}});
  return std::make_shared<PatchPrior>(std::move(sources), "patches:" + argument);
}

Prior make_self(const std::string& argument) {
  if (!argument.empty()) throw usage_error("prior 'self' takes no parameter, got '{}'", argument);
  return std::make_shared<SelfPrior>();
}

Files files_of_folder(const std::string& folder) { return picture_paths(folder); }

const std::set<std::string> kWrappers{"equivariant", "bounded", "anscombe"};

struct Entry {
  PriorRow row;
  Prior (*make)(const std::string& argument);
  Files (*files)(const std::string& argument) = nullptr;  // that decide it; none without
};

const std::vector<Entry>& entries() {
  static const std::vector<Entry> table{
      {{"natural",
        "the shipped network, trained on photographs; natural:bfloat16 is faster on processors "
        "with AMX; a path takes the network in weights of any kind, FILE:bfloat16 those of "
        "restore-train (docs/own-prior.md)",
        "Zhang et al. 2022, Plug-and-Play Image Restoration with Deep Denoiser Prior, "
        "https://arxiv.org/abs/2008.13751; docs/prior.md says how it was made",
        {"natural"}},
       make_natural,
       files_of_natural},
      {{"tv",
        "total variation: flat regions with short borders; tv:S smooths S times as much",
        "Rudin, Osher, Fatemi 1992, Nonlinear total variation based noise removal algorithms, "
        "https://doi.org/10.1016/0167-2789(92)90242-F",
        {"tv", "tv:0.3", "tv:4"}},
       make_classic<TotalVariation, TotalVariationOptions>},
      {{"wavelet",
        "wavelet shrinkage averaged over all shifts: quick, keeps texture; wavelet:S cuts S times "
        "as much",
        "Coifman and Donoho 1995, Translation-invariant de-noising, "
        "https://doi.org/10.1007/978-1-4612-2544-7_9",
        {"wavelet", "wavelet:0.5"}},
       make_classic<Wavelet, WaveletOptions>},
      {{"nlm",
        "non-local means: a pixel becomes the mean of those whose surroundings look like its own; "
        "nlm:S is S times less strict",
        "Buades, Coll, Morel 2005, A non-local algorithm for image denoising, "
        "https://doi.org/10.1109/CVPR.2005.38",
        {"nlm", "nlm:0.7"}},
       make_classic<NonlocalMeans, NonlocalMeansOptions>},
      {{"bm3d",
        "stacks of patches that look alike, shrunk together: the best without training, and slow",
        "Dabov, Foi, Katkovnik, Egiazarian 2007, Image denoising by sparse 3-D transform-domain "
        "collaborative filtering, https://doi.org/10.1109/TIP.2007.901238",
        {"bm3d"}},
       make_bm3d},
      {{"gmm",
        "patches drawn from a Gaussian mixture (EPLL), the shipped one or gmm:FILE from "
        "restore-train "
        "--kind gmm; slow",
        "Zoran and Weiss 2011, From learning models of natural image patches to whole image "
        "restoration, https://doi.org/10.1109/ICCV.2011.6126278",
        {"gmm"}},
       make_mixture,
       files_of_mixture},
      {{"curvature",
        "mean curvature motion: level lines straighten; curvature:amss does so alike under affine "
        "maps, curvature:heat blurs",
        "Alvarez, Guichard, Lions, Morel 1993, Axioms and fundamental equations of image "
        "processing, https://doi.org/10.1007/BF00375127",
        {"curvature", "curvature:amss", "curvature:heat"}},
       make_curvature},
      {{"equivariant",
        "equivariant:PRIOR, another prior averaged over flips and quarter turns; eight times the "
        "work",
        "Terris et al. 2024, Equivariant plug-and-play image reconstruction, "
        "https://arxiv.org/abs/2312.01831",
        {"equivariant:tv"}},
       make_wrapper<Equivariant>,
       prior_files},
      {{"bounded",
        "bounded:PRIOR, another prior that moves no picture further than 1.5 times the noise: "
        "plug-and-play then converges",
        "Chan, Wang, Elgendy 2017, Plug-and-Play ADMM for image restoration: fixed-point "
        "convergence "
        "and applications, https://arxiv.org/abs/1605.01710",
        {"bounded:nlm"}},
       make_wrapper<Bounded>,
       prior_files},
      {{"anscombe",
        "anscombe:PRIOR, another prior made one for Poisson noise, whose level is taken at "
        "mid-grey",
        "Makitalo and Foi 2011, A closed-form approximation of the exact unbiased inverse of the "
        "Anscombe variance-stabilizing transformation, https://doi.org/10.1109/TIP.2011.2121085",
        {"anscombe:tv"}},
       make_wrapper<Anscombe>,
       prior_files},
      {{"dataset",
        "dataset:DIR, the pictures of a folder and nothing else: finds the one that explains the "
        "measurement, all of one size",
        "the ideal score machine of Kamb and Ganguli 2025, An analytic theory of creativity in "
        "convolutional diffusion models, https://arxiv.org/abs/2412.20292",
        {}},
       make_empirical,
       files_of_folder},
      {{"local",
        "local:DIR, each pixel from the same place of a folder's pictures, aligned and of one size",
        "the local score machine of Kamb and Ganguli 2025, An analytic theory of creativity in "
        "convolutional diffusion models, https://arxiv.org/abs/2412.20292",
        {}},
       make_local,
       files_of_folder},
      {{"patches",
        "patches:DIR, pictures made of the patches of a folder's, at every scale",
        "the equivariant local score machine of Kamb and Ganguli 2025, An analytic theory of "
        "creativity in convolutional diffusion models, https://arxiv.org/abs/2412.20292",
        {}},
       make_patches,
       files_of_folder},
      {{"self",
        "fills holes with patches of the picture's own known part, coarse to fine",
        "Wexler, Shechtman, Irani 2007, Space-time completion of video, "
        "https://doi.org/10.1109/TPAMI.2007.60",
        {}},
       make_self},
  };
  return table;
}

// What a name stands for: a row of the table and its argument, or weights and their type.
struct Parsed {
  const Entry* entry = nullptr;
  std::string argument;
  std::filesystem::path weights;
};

Parsed parse(const std::string& name) {
  const std::size_t colon = name.find(':');
  const std::string head = name.substr(0, colon);
  // gmm:FILE.safetensors ends like a path and is none.
  const bool is_named = colon != std::string::npos && look_up(prior_table(), head);
  const auto [weights, type] = split_type(name);
  if (!is_named && is_prior_path(weights)) {
    if (!std::filesystem::exists(weights))
      throw usage_error("prior '{}': no such file; --list-priors names those without one", weights);
    return {nullptr, type, weights};
  }
  for (const Entry& entry : entries()) {
    if (entry.row.name != head) continue;
    const auto argument = colon == std::string::npos ? "" : name.substr(colon + 1);
    if (kWrappers.contains(head) && argument.empty())
      throw usage_error("prior '{}': of which prior? Write {}:natural", head, head);
    return {&entry, argument, {}};
  }
  if (const auto path = find_shipped_prior(weights)) return {nullptr, type, *path};
  throw usage_error("unknown prior '{}'; there are {}", name, names_in(prior_table()));
}

std::vector<PriorRow> rows() {
  std::vector<PriorRow> rows;
  for (const Entry& entry : entries()) rows.push_back(entry.row);
  return rows;
}

}  // namespace

const std::vector<PriorRow>& prior_table() {
  static const std::vector<PriorRow> table = rows();
  return table;
}

Prior make_prior(const std::string& name) {
  const auto parsed = parse(name);
  return parsed.entry ? parsed.entry->make(parsed.argument)
                      : load_weights(parsed.weights, name, parsed.argument);
}

std::vector<std::filesystem::path> prior_files(const std::string& name) {
  const auto parsed = parse(name);
  if (!parsed.entry) return checkpoint_files(parsed.weights);
  return parsed.entry->files ? parsed.entry->files(parsed.argument) : Files{};
}

std::string default_prior_name() { return find_shipped_prior("natural") ? "natural" : "tv"; }

}  // namespace restore
