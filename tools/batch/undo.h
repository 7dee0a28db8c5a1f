// Undoing a measurement that an operator expression describes: what restore-upscale, restore-deblur
// and restore-pnp have in common.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "tools/batch/picture_run.h"
#include "tools/restoration/restorer.h"

namespace restore {

// How one picture came about.
struct Degradation {
  std::string expression;      // operators/factory.h
  std::filesystem::path base;  // of the relative paths in it
  // The shape of the scene where it is known; the estimate is then the whole scene. Without, it is
  // what shows in the frame of the picture.
  std::optional<Shape> scene{};
  std::shared_ptr<const NoiseModel> noise{};  // where it is known; else the restorer's
  std::filesystem::path reference{};          // the scene itself, to tell the PSNR; may be empty
  std::string remark{};                       // what people should know of it; may be empty
};

struct UndoRun {
  std::string tool;
  BatchOptions batch;
  MethodOptions method;
  Task task = Task::general;
  std::vector<std::filesystem::path> also_reads{};  // for all pictures: a kernel file
  // More measurements of the scene, files that go below the picture in the operator's stack, in
  // order. They allow one picture: usage error otherwise.
  std::vector<std::filesystem::path> frames{};
  // Called once when a picture's turn has come; with frames also before.
  std::function<Degradation(const Item&)> degradation{};
  std::function<void(Item&)> prepare{};  // more to read for one picture; may be empty
  Json parameters = Json::object();      // what decides the result besides the method
  std::string trace{};                   // a file for the steps of all pictures; empty: none
};

// Adds the PSNR against the picture `reference`, where there is one of the estimate's size.
void add_psnr(Json& record, const std::filesystem::path& reference, const torch::Tensor& estimate,
              const LoadOptions& load);

ExitCode run_undo(const UndoRun& run);

}  // namespace restore
