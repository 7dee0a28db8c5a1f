// --blind: what blurred a picture is found in the picture (operators/kernel/blind_kernel.h).
#pragma once

#include <cstdint>
#include <string>

#include "tools/batch/undo.h"
#include "tools/command_line/command_line.h"

namespace restore {

struct BlindOptions {
  bool wanted = false;
  int size = 31;  // side of the kernel, px
  std::string
      save_psf{};  // file, or folder for several pictures: where the kernels go; empty: nowhere
};

// `psf`: the flag that says what --blind finds.
void add_blind_options(CLI::App& app, BlindOptions& options, CLI::Option* psf);

// Pictures of more than kBlindRows rows show their middle ones.
constexpr std::int64_t kBlindRows = 2048;
void use_blind(UndoRun& run, const BlindOptions& options, const std::string& boundary);

}  // namespace restore
