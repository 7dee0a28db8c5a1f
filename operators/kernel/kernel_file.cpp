// Kernels from files.
#include <fstream>

#include <fmt/format.h>

#include "librestore/core/error.h"
#include "librestore/image/image_io.h"
#include "operators/kernel/kernels.h"

namespace restore {
namespace {

torch::Tensor kernel_from_picture(const std::filesystem::path& path) {
  try {
    const auto image = load_image(path);
    return image.colour.mean(1).squeeze(0);
  } catch (const Error& error) {
    throw usage_error("{}", error.what());
  }
}

}  // namespace

torch::Tensor load_matrix(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw usage_error("{}: cannot be opened", path.string());
  std::int64_t rows = 0, columns = 0;
  const bool sized = static_cast<bool>(file >> rows >> columns);
  if (!sized || rows < 1 || columns < 1 || rows > kMaxKernelSide || columns > kMaxKernelSide)
    throw usage_error("{}: the text starts with `rows columns`, each 1 to {}", path.string(),
                      kMaxKernelSide);
  auto matrix = torch::empty({rows, columns}, torch::kFloat64);
  double* out = matrix.data_ptr<double>();
  for (std::int64_t i = 0; i < matrix.numel(); ++i)
    if (!(file >> out[i]))
      throw usage_error("{}: row {}, column {}: expected a number ({} x {} of them)", path.string(),
                        i / columns + 1, i % columns + 1, rows, columns);
  std::string rest;
  if (file >> rest)
    throw usage_error("{}: \"{}\" after the {} x {} numbers", path.string(), rest, rows, columns);
  return matrix;
}

void save_kernel(const torch::Tensor& kernel, const std::filesystem::path& path,
                 IfExists if_exists) {
  const auto k = kernel.to(torch::kFloat64).contiguous();
  std::string text = fmt::format("{} {}\n", k.size(0), k.size(1));
  for (std::int64_t i = 0; i < k.numel(); ++i)
    text += fmt::format("{:.5g}{}", k.data_ptr<double>()[i], (i + 1) % k.size(1) == 0 ? '\n' : ' ');
  write_atomically(path.string(), {text}, if_exists);
}

torch::Tensor load_kernel(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored))
    throw usage_error("{}: no such file, and no kernel of that name; known: {}", path.string(),
                      known_kernels());
  return normalise_kernel(is_image_path(path) ? kernel_from_picture(path) : load_matrix(path),
                          path.string());
}

}  // namespace restore
