// What kind of model file some bytes are.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace fovea {

enum class ModelFormat {
  kSafetensors,
  kNcnnParam,        ///< the text; its .bin file has no mark to know it by
  kNcnnBinaryParam,  ///< .param.bin
  kZip,              ///< PyTorch since 1.6 (or TorchScript)
  kPickle,           ///< PyTorch before 1.6
  kTar,              ///< PyTorch's first versions
  kTorchPreview,     ///< the previews of PyTorch 1.0
  kOnnx,
  kGguf,
  kHdf5,  ///< Keras
  kTflite,
  kJson,  ///< TensorFlow.js
  kUnknown
};

/// The format by the file's bytes; its name plays no part.
ModelFormat sniff_model_format(std::span<const std::byte> bytes);

/// Why a format is not read and what to do instead; empty for those that are read.
std::string_view refusal(ModelFormat format);

}  // namespace fovea
