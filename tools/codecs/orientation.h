// Flips and turns of a picture, as EXIF numbers them.
#pragma once

#include "engine/picture.h"
#include "engine/status.h"

namespace fovea::codecs {

/// The upright picture of one stored with EXIF orientation 1...8 (5 to 8 swap the sides). Each
/// number says where the stored row 0 and column 0 belong: 1 top left, 2 top right, 3 bottom right,
/// 4 bottom left, 5 left top, 6 right top, 7 right bottom, 8 left bottom. Exif 2.32 §4.6.4.
/// kMemory; kUsage for another number.
Result<Picture> oriented(Picture stored, int orientation);

}  // namespace fovea::codecs
