// What a program does with one picture: the contract between it and the engine that reads, cuts and
// writes (picture_run.h, parts.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <torch/types.h>

#include "librestore/core/json.h"
#include "librestore/image/image.h"
#include "librestore/model/method.h"
#include "librestore/model/noise_model.h"
#include "librestore/model/shape.h"
#include "tools/restoration/part.h"

namespace restore {

// What a picture has become: `picture` is saved, `record` (an object) is what there is to say.
struct Outcome {
  Image picture;
  Json record;
  torch::Tensor deviation{};  // of the picture's colour, for --uncertainty; may be undefined
  // How much the record's `residual` counts among other parts'; empty: as the pixels that are kept.
  std::optional<double> weight{};
};

// What a picture takes, and how it may be cut.
struct Needs {
  // Bytes of memory for an input of so many rows and columns, from above.
  std::function<double(std::int64_t height, std::int64_t width)> bytes;
  std::string obstacle{};      // why it cannot be cut; empty: it can
  std::int64_t held = 0;       // bytes that it takes besides, however it is cut
  std::int64_t halo = 0;       // px of the input
  std::int64_t alignment = 1;  // parts begin at multiples of it, px of the input
  std::int64_t scale = 1;      // px of the result a px of the input
  std::string remark{};        // what a user should know of a result in parts; empty: nothing
};

// Squares of one size that are spread over a picture, and where each lies.
struct Sample {
  Image picture;
  Part part;
};

// n x C x side x side
torch::Tensor colours_of(const std::vector<Sample>& samples);

// What a tool does with one picture: how, and what it keeps in memory for all calls.
struct PictureTask {
  // What an input of this shape (C x H x W) takes, and whether it can be cut.
  std::function<Needs(const Shape&)> needs;
  std::function<Outcome(const Image& picture, const Part& part, Observer& observer)> work;
  std::shared_ptr<const NoiseModel> noise{};  // where it is known; only parts ask
  // Else: what some 64 samples tell of it; empty: nobody asks.
  std::function<std::shared_ptr<const NoiseModel>(const std::vector<Sample>&)> find_noise{};
  // The picture's colour, with 0 where it says nothing of the scene, as in holes: what it has there
  // counts for neither range nor noise. Empty: all of it counts.
  std::function<torch::Tensor(const Image&, const Part&)> measured{};
  // A restored picture is black only where its input is; a measurement may be.
  bool may_be_black = false;
  // The level that noise which is not white is whitened to in a window; of the whole it is the root
  // mean square. Empty: nobody asks.
  std::function<double(const Image&, const Part&)> level{};
};

// The largest value of what counts in a picture.
double brightest_measured(const PictureTask& task, const Image& picture, const Part& part);

// Tells when an input that goes beyond 1 becomes a result that does, and `output` cannot hold it.
// `given` and `brightest`: their largest values; `type`: of the result's samples.
void remark_on_range(Json& record, double given, double brightest, SampleType type,
                     const std::filesystem::path& output);

// Item error when nothing of a result is above 0 and something of what it was made from is; both
// their largest values.
void check_not_black(const PictureTask& task, double result, double given);

}  // namespace restore
