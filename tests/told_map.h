// A picture's map with what a network is told beside it.
#pragma once

#include "engine/model.h"
#include "engine/tensor.h"

namespace fovea::test {

/// `map` with the model's usual number in one more channel, where it is told one.
Tensor told_map(const Model& model, Tensor map);

}  // namespace fovea::test
