// What torch.save writes: a pickle of a state dict and the numbers beside it.
#pragma once

#include "engine/weights.h"
#include "loaders/formats/file_bytes.h"

namespace fovea {

/// The weights of a file of PyTorch since 1.6, a zip archive. kModel for what breaks one of its
/// rules, for TorchScript, and for pickles of more than numbers.
Result<Weights> read_torch_zip(const FileBytes& file);

/// The weights of a file of PyTorch before 1.6: five pickles, then the numbers. kModel likewise.
Result<Weights> read_torch_legacy(const FileBytes& file);

}  // namespace fovea
