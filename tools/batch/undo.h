// Undoing a measurement that an operator expression describes: what restore-upscale, restore-deblur
// and restore-pnp have in common.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "librestore/core/json.h"
#include "librestore/model/noise_model.h"
#include "librestore/model/shape.h"
#include "librestore/run/items.h"
#include "tools/batch/run_options.h"
#include "tools/restoration/method_options.h"
#include "tools/restoration/presets.h"

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

// Lets one expression say how every picture came about; `files`: those that it reads.
void use_expression(UndoRun& run, const std::string& expression,
                    std::vector<std::filesystem::path> files);

ExitCode run_undo(const UndoRun& run);

}  // namespace restore
