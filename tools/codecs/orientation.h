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

/// Where the pixels of a turned picture lie in the one it is turned from: (y, x) at origin +
/// y * row_step + x * column_step.
struct TurnedLayout {
  Size size;  ///< of the turned picture
  int64_t origin = 0;
  int64_t row_step = 0;
  int64_t column_step = 0;
};

/// oriented() of a picture of `stored` pixels whose rows lie `row_step` and whose pixels lie
/// `column_step` apart. `orientation`: 1...8.
TurnedLayout turned_layout(Size stored, int64_t row_step, int64_t column_step, int orientation);

/// The orientation that turns back what `orientation` (1...8) has turned.
int inverse_orientation(int orientation);

}  // namespace fovea::codecs
