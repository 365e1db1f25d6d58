// The pointwise functions there are. Apart from operators.h so that device code can include it: a
// CUDA compiler does not take the headers that come with that.
#pragma once

namespace fovea {

/// Pointwise functions, with PyTorch's names and definitions.
enum class ActivationKind {
  kNone,
  kRelu,
  kLeakyRelu,
  kPrelu,
  kSigmoid,
  kSilu,
  kTanh,
  kGelu,
  kMish,
  kHardSwish
};

}  // namespace fovea
