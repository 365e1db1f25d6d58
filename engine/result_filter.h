// What may be done to a network's result while it is still numbers.
#pragma once

#include <functional>
#include <span>

#include "engine/status.h"
#include "engine/tensor.h"
#include "engine/thread_team.h"

namespace fovea {

/// Changes a whole map (height, width, channels) of samples in 0...1, which are neither clamped nor
/// rounded. The team is there to share the work; the result may not depend on it.
using ResultFilter =
    std::function<Status(std::span<float> map, Size size, int64_t channels, ThreadTeam& team)>;

}  // namespace fovea
