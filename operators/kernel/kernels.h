// Blur kernels (point-spread functions): k(i, j) on a grid of pixels, its sum 1.
//
// A kernel is a float64 tensor, rows x columns, any sizes (even ones too), values of any sign as
// long as the sum is not 0: every maker divides by it. Pixel (i, j) of the picture is measured as
//   (k * x)(i, j) = sum_{a,b} k(a, b) x(i - a + ca, j - b + cb),   ca = floor(rows/2), cb alike,
// the centre of SciPy's and MATLAB's filters.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <torch/types.h>

#include "librestore/core/temporary_file.h"
#include "operators/expression/expression.h"

namespace restore {

// A kernel side, so that a slip of a digit ends in a message instead of in swap space.
inline constexpr std::int64_t kMaxKernelSide = 2049;

// The sizes that the makers below choose by themselves are odd, with the kernel's middle on its
// central pixel; `even` ones have it between the two central pixels, half a pixel further up and
// left than floor(size/2). Downsampling by an even factor needs those to stay in phase.
enum class SizeParity { odd, even };

// exp(-1/2 d^T C^-1 d), C = R(angle) diag(sx^2, sy^2) R(angle)^T, sampled at the pixel centres.
// `angle` in degrees, counter-clockwise from the x axis to the direction of `sx`. `size` 0: reaches
// 4 standard deviations (SciPy's default). Standard deviations in pixels, above 0.
torch::Tensor gaussian_kernel(double sx, double sy, double angle, std::int64_t size = 0,
                              SizeParity parity = SizeParity::odd);

// The path of a camera that moves on a straight line of `length` pixels, one pixel wide: the area
// that it shares with each pixel. `angle` in degrees, counter-clockwise from the x axis. length
// >= 1.
torch::Tensor motion_kernel(double length, double angle, SizeParity parity = SizeParity::odd);

// Defocus: the area that a disk of radius `radius` pixels shares with each pixel. radius > 0.
torch::Tensor disk_kernel(double radius, SizeParity parity = SizeParity::odd);

// The picture of a point behind a perfect lens of circular aperture, integrated over each pixel:
//   (2 J1(x) / x)^2,  x = 3.8317 d / radius
// at the distance d from the middle: `radius` pixels (above 0) lead to the first dark ring, which
// is 1.22 wavelength x f-number. Reaches to the fifth, which encloses 96 % of the light. Airy 1835,
// "On the diffraction of an object-glass with circular aperture"
torch::Tensor airy_kernel(double radius, SizeParity parity = SizeParity::odd);

// A shaken camera: a path of `length` pixels at constant speed whose direction is a random walk,
// its standard deviation `bend` degrees after one pixel; the centroid lies in the middle. length >=
// 1, bend >= 0.
torch::Tensor walk_kernel(double length, std::uint64_t seed, double bend,
                          SizeParity parity = SizeParity::odd);

// Moves a picture by `dx` pixels to the right and `dy` down, between pixels by Keys's cubic
// (operators/numeric/keys_cubic.h): an image tool's interpolation, as a kernel of at most 16
// weights that are not 0. |dx|, |dy| <= kMaxShift.
torch::Tensor shift_kernel(double dx, double dy);
inline constexpr double kMaxShift = 1000;

// size x size equal weights.
torch::Tensor box_kernel(std::int64_t size);

// A picture (all channels averaged; values as they are in the file) or text (first line `rows
// columns`, then the rows, separated by blanks). Throws usage errors that name the file.
torch::Tensor load_kernel(const std::filesystem::path& path);

// The numbers of a text file of that form, rows x columns. Throws usage errors that name the file.
torch::Tensor load_matrix(const std::filesystem::path& path);

// k / sum(k). Usage error with `what` in front when a side is too long, a value is not finite or
// the sum is 0.
torch::Tensor normalise_kernel(const torch::Tensor& kernel, const std::string& what);

// `values:ROWS,COLUMNS,V...`, the form of a kernel that is no file, to five digits.
std::string kernel_values(const torch::Tensor& kernel);
// The text file that load_kernel() reads, written atomically. Item error when it cannot be.
void save_kernel(const torch::Tensor& kernel, const std::filesystem::path& path,
                 IfExists if_exists = IfExists::replace);

// A kernel as `--psf` and expressions take it: a row of the table below, or a file.
torch::Tensor build_kernel(const std::string& text, const std::filesystem::path& base = {});
// The same for a value inside an expression; errors point at its column.
torch::Tensor build_kernel(const ExpressionSource& source, const ExpressionValue& value,
                           const std::filesystem::path& base, SizeParity parity = SizeParity::odd);

// What stands before the colon, and how it is written.
struct KernelRow {
  std::string name;
  std::string usage;  // "gaussian:SIGMA[,SIZE]"
  std::string help;
};

std::vector<KernelRow> kernel_table();
// Their names, for messages: "gaussian, motion, disk, box".
std::string known_kernels();

}  // namespace restore
