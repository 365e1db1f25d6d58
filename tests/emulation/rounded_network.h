// What a network gives when nothing is rounded but what a device keeps in 16 bits.
#pragma once

#include "engine/backend.h"
#include "kernels/cuda/device_map.h"

namespace fovea::test {

/// The output of `graph` (rewritten already) on the reference, sums in f64, with its weights and
/// every map between its nodes rounded to `type`: the error that the type alone is to blame for.
Result<Tensor> run_rounded(const Graph& graph, const Tensor& input, cuda::ElementType type);

}  // namespace fovea::test
