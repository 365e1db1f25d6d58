// Bilinear, bicubic and Lanczos resizing.
#pragma once

#include <memory>

#include "engine/backend.h"
#include "kernels/cpu/kernel_table.h"

namespace fovea::cpu {

/// The step for `node`, a Resize of `graph` by any filter. f32 sums where the reference has f64:
/// first along the width, once for each input row, then down the columns.
std::unique_ptr<Step> make_resize_step(const Graph& graph, const Node& node,
                                       const KernelTable& kernels);

}  // namespace fovea::cpu
