// The quality number that a JPEG file was probably saved with.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "tools/codecs/backends.h"

namespace fovea::codecs {

/// T.81's table K.1 as libjpeg scales it for `quality` 1...100: round(K.1 * S / 100), within
/// 1...255, with S = 5000 / quality below 50 and 200 - 2 * quality from there on.
std::array<uint16_t, 64> libjpeg_luma_table(int quality);

/// The quality whose luma_table is nearest to `steps` by the sum of squares, steps over 255 taken
/// for 255: exactly the one a file was saved with by libjpeg or its kin. Of others, which have
/// tables of their own, it tells about as coarse a table.
int nearest_quality(const std::array<uint16_t, 64>& steps);

/// That of the first component's table; no value for what is no JPEG or tells its table too late or
/// not at all. Reads the file's header alone.
std::optional<int> jpeg_quality(Bytes file);

}  // namespace fovea::codecs
