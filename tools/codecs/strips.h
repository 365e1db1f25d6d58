// Encoding a picture in strips that do not depend on each other.
#pragma once

#include <functional>

#include "tools/codecs/backends.h"

namespace fovea::codecs {

/// How many strips are in memory at a time: enough that no thread waits long for the last of them.
constexpr int64_t strips_at_once(int threads) { return int64_t{8} * threads; }

/// Makes strips 0 ... count - 1 on `team`, a few for each thread at a time so that a large
/// picture's file never lies in memory whole, and hands their bytes to `sink` in order. `make` is
/// called on any thread; std::bad_alloc that it throws is thrown on. Ends at the first failure.
Status write_strips(int64_t count, ThreadTeam& team,
                    const std::function<Result<std::vector<std::byte>>(int64_t strip)>& make,
                    const ByteSink& sink);

}  // namespace fovea::codecs
