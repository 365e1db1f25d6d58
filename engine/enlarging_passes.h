// Which networks one after another reach a scale that none of them has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/scale.h"

namespace fovea {

/// Networks of the whole scales `own`, each above 1, that bring a picture to `wanted` or as near to
/// it as is worth their work: their numbers, in the order in which they run. As few as leave less
/// than 1.5 to be enlarged, which is left to the resize behind them; of as many those of the least
/// product that is `wanted` or more. The largest comes first, what it is given are true pixels:
/// with this project's models 0.05 dB better than the smallest first, on 24 photographs at x6 and
/// x8.
///
///     {4}, 8 -> x4 x4    {2}, 3 -> x2 x2    {2, 3, 4}, 6 -> x3 x2    {2, 3, 4}, 2.5 -> x3
std::vector<size_t> enlarging_passes(std::span<const int64_t> own, Scale wanted);

}  // namespace fovea
