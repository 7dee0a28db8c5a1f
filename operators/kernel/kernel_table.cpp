// The names before the colon: gaussian:1.6, motion:15,30 ...
#include <fmt/format.h>

#include "librestore/core/parameters.h"
#include "operators/expression/arguments.h"
#include "operators/kernel/kernels.h"

namespace restore {
namespace {

using Numbers = std::vector<double>;

struct Number {
  ParameterInfo info;
  bool whole = false;
};

struct KernelMaker {
  KernelRow row;
  std::vector<Number> numbers;      // in order
  std::vector<std::size_t> counts;  // how many of them may be given
  torch::Tensor (*make)(const Numbers& given, SizeParity parity);
};

constexpr double kMaxReach = 256;  // 4 of these on either side stay under kMaxKernelSide

const Number kSize{{"SIZE", "px", 1, static_cast<double>(kMaxKernelSide), ""}, true};
const Number kAngle{{"ANGLE", "degrees", -360, 360, ""}};

std::int64_t whole(double value) { return static_cast<std::int64_t>(value); }

torch::Tensor make_isotropic_gaussian(const Numbers& n, SizeParity parity) {
  return gaussian_kernel(n[0], n[0], 0, n.size() > 1 ? whole(n[1]) : 0, parity);
}

torch::Tensor make_anisotropic_gaussian(const Numbers& n, SizeParity parity) {
  return gaussian_kernel(n[0], n[1], n[2], n.size() > 3 ? whole(n[3]) : 0, parity);
}

const std::vector<KernelMaker>& makers() {
  static const std::vector<KernelMaker> table{
      {{"gaussian", "gaussian:SIGMA[,SIZE]", "exp(-d^2 / (2 SIGMA^2)), reaching 4 SIGMA"},
       {{{"SIGMA", "px", 0.05, kMaxReach, ""}}, kSize},
       {1, 2},
       make_isotropic_gaussian},
      {{"gaussian", "gaussian:SX,SY,ANGLE[,SIZE]", "standard deviation SX along ANGLE, SY across"},
       {{{"SX", "px", 0.05, kMaxReach, ""}}, {{"SY", "px", 0.05, kMaxReach, ""}}, kAngle, kSize},
       {3, 4},
       make_anisotropic_gaussian},
      {{"motion", "motion:LENGTH,ANGLE", "a straight path one pixel wide"},
       {{{"LENGTH", "px", 1, 2 * kMaxReach, ""}}, kAngle},
       {2},
       [](const Numbers& n, SizeParity parity) { return motion_kernel(n[0], n[1], parity); }},
      {{"walk", "walk:LENGTH,SEED[,BEND]", "a shaken camera; BEND (15) degrees a pixel"},
       {{{"LENGTH", "px", 1, 2 * kMaxReach, ""}},
        {{"SEED", "", 0, kMaxSeed, ""}, true},
        {{"BEND", "degrees", 0, 180, ""}}},
       {2, 3},
       [](const Numbers& n, SizeParity parity) {
         return walk_kernel(n[0], static_cast<std::uint64_t>(n[1]), n.size() > 2 ? n[2] : 15,
                            parity);
       }},
      {{"airy", "airy:RADIUS", "diffraction; RADIUS leads to the first dark ring"},
       {{{"RADIUS", "px", 0.05, kMaxReach / 2, ""}}},
       {1},
       [](const Numbers& n, SizeParity parity) { return airy_kernel(n[0], parity); }},
      {{"disk", "disk:RADIUS", "defocus"},
       {{{"RADIUS", "px", 0.05, kMaxReach, ""}}},
       {1},
       [](const Numbers& n, SizeParity parity) { return disk_kernel(n[0], parity); }},
      {{"box", "box:SIZE", "SIZE x SIZE equal weights"},
       {kSize},
       {1},
       [](const Numbers& n, SizeParity) { return box_kernel(whole(n[0])); }},
  };
  return table;
}

constexpr const char* kValues = "values";
const KernelRow kValuesRow{kValues, "values:ROWS,COLUMNS,V...", "the kernel itself, row by row"};

// How a kernel of that name is written; empty when there is none.
std::string usages(const std::string& name) {
  if (name == kValues) return kValuesRow.usage;
  std::vector<std::string> forms;
  for (const auto& maker : makers())
    if (maker.row.name == name) forms.push_back(maker.row.usage);
  return fmt::format("{}", fmt::join(forms, " or "));
}

void check_numbers(const KernelMaker& maker, const Numbers& given) {
  for (std::size_t i = 0; i < given.size(); ++i) {
    const Number& number = maker.numbers[i];
    check_range(number.info, given[i]);
    if (number.whole && given[i] != std::floor(given[i])) throw_not_whole(number.info, given[i]);
  }
}

torch::Tensor make_of_values(const Numbers& numbers) {
  constexpr double kMost = static_cast<double>(kMaxKernelSide);
  for (std::size_t i = 0; i < std::min<std::size_t>(numbers.size(), 2); ++i) {
    const ParameterInfo side{i == 0 ? "ROWS" : "COLUMNS", "px", 1, kMost, ""};
    check_range(side, numbers[i]);
    if (numbers[i] != std::floor(numbers[i])) throw_not_whole(side, numbers[i]);
  }
  if (numbers.size() < 2 || static_cast<double>(numbers.size() - 2) != numbers[0] * numbers[1])
    throw usage_error("{} numbers given; write {}", numbers.size(), kValuesRow.usage);
  return normalise_kernel(
      torch::tensor(Numbers(numbers.begin() + 2, numbers.end()), torch::kFloat64)
          .view({whole(numbers[0]), whole(numbers[1])}),
      kValues);
}

torch::Tensor make_kernel(const ExpressionValue& value, SizeParity parity) {
  if (value.head == kValues) return make_of_values(value.numbers);
  for (const auto& maker : makers()) {
    const bool counts =
        std::count(maker.counts.begin(), maker.counts.end(), value.numbers.size()) > 0;
    if (maker.row.name != value.head || !counts) continue;
    check_numbers(maker, value.numbers);
    return maker.make(value.numbers, parity);
  }
  const auto forms = usages(value.head);
  if (forms.empty())
    throw usage_error("unknown kernel \"{}\"; known: {}, or a file", value.head, known_kernels());
  throw usage_error("{} numbers given; write {}", value.numbers.size(), forms);
}

torch::Tensor kernel_of(const ExpressionValue& value, const std::filesystem::path& base,
                        SizeParity parity) {
  if (value.kind == ExpressionValue::Kind::spec) return make_kernel(value, parity);
  const auto forms = value.kind == ExpressionValue::Kind::word ? usages(value.text) : "";
  if (!forms.empty()) throw usage_error("{} needs its numbers: {}", value.text, forms);
  return load_kernel(base / value.text);
}

}  // namespace

std::string known_kernels() {
  std::vector<std::string> names;
  for (const auto& maker : makers())
    if (names.empty() || names.back() != maker.row.name) names.push_back(maker.row.name);
  names.push_back(kValues);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string kernel_values(const torch::Tensor& kernel) {
  const auto k = kernel.to(torch::kFloat64).contiguous();
  auto text = fmt::format("{}:{},{}", kValues, k.size(0), k.size(1));
  for (std::int64_t i = 0; i < k.numel(); ++i)
    text += fmt::format(",{:.5g}", k.data_ptr<double>()[i]);
  return text;
}

torch::Tensor build_kernel(const ExpressionSource& source, const ExpressionValue& value,
                           const std::filesystem::path& base, SizeParity parity) {
  try {
    return kernel_of(value, base, parity);
  } catch (const Error& error) {
    throw source.error(value.column, error.what());
  }
}

torch::Tensor build_kernel(const std::string& text, const std::filesystem::path& base) {
  const ExpressionSource source(text, "kernel");
  const auto value = parse_value(source);
  // What is wrong with a file says where in the file.
  if (value.kind == ExpressionValue::Kind::quoted) return load_kernel(base / value.text);
  return build_kernel(source, value, base);
}

std::vector<KernelRow> kernel_table() {
  std::vector<KernelRow> rows;
  for (const auto& maker : makers()) rows.push_back(maker.row);
  rows.push_back(kValuesRow);
  return rows;
}

}  // namespace restore
