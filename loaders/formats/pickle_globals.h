// The names that a pickled state dict imports.
#pragma once

#include <optional>
#include <string_view>

#include "engine/weights.h"

namespace fovea {

/// What a known name stands for.
enum class PickleGlobal {
  kOrderedDict,       ///< collections.OrderedDict, typing.OrderedDict
  kRebuildTensor,     ///< torch._utils._rebuild_tensor, before PyTorch 0.4
  kRebuildTensorV2,   ///< torch._utils._rebuild_tensor_v2
  kRebuildParameter,  ///< torch._utils._rebuild_parameter
  kSize,              ///< torch.Size
  kStorage            ///< torch.FloatStorage and its like
};

struct KnownGlobal {
  PickleGlobal global;
  DType dtype = DType::kF32;  ///< of a kStorage
};

/// No value for any other name.
std::optional<KnownGlobal> find_pickle_global(std::string_view module, std::string_view name);

}  // namespace fovea
