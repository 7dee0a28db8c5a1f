// What torch.save wrote: .pth, .pt, .bin, .ckpt, in the zip form (PyTorch 1.6 and later) and the
// legacy form before it. Read by our own parsers (zip.h, pickle.h); nothing in the file is ever
// executed.
#pragma once

#include "priors/tensor_file/mapped_file.h"
#include "priors/tensor_file/safetensors.h"

namespace restore {

bool is_torch_file(const FileBytes& file);
// A zip file of torch.jit.save: a program, which this reader refuses (script_denoiser.h runs it).
bool is_torch_script(const FileBytes& file);

// The tensors of the state dict, as stored, views of the file where alignment allows. Dicts inside
// the dict join their names with a dot ("12.model.0.weight"). A wrapper around the state dict is
// opened: `params_ema`, `ema`, `model_ema`, `params`, `state_dict`, `model_state_dict`, `model`,
// `net`, the first of these that is there; other entries beside it (epoch, optimiser) are left out.
// So is `module.` in front of every name (DataParallel).
//
// Item error for what breaks the format, for a storage that lies outside the file, and for tensors
// that would be larger than what the file holds.
NamedTensors read_torch_file(const FileBytes& file);

}  // namespace restore
