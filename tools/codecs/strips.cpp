#include "tools/codecs/strips.h"

#include <algorithm>

namespace fovea::codecs {
Status write_strips(int64_t count, ThreadTeam& team,
                    const std::function<Result<std::vector<std::byte>>(int64_t strip)>& make,
                    const ByteSink& sink) {
  const int64_t round = strips_at_once(team.size());
  std::vector<Result<std::vector<std::byte>>> made;
  for (int64_t first = 0; first < count; first += round) {
    made.assign(static_cast<size_t>(std::min(round, count - first)), std::vector<std::byte>());
    team.run(static_cast<int64_t>(made.size()), [&](int64_t i, int) {
      made[static_cast<size_t>(i)] = make(first + i);
    });
    for (const auto& strip : made) {
      if (!strip) return tl::unexpected(strip.error());
      FOVEA_TRY(sink(*strip));
    }
  }
  return {};
}

}  // namespace fovea::codecs
