// MATLAB's imresize, bit for bit: what the low resolution of every published table was made with.
#pragma once

#include "tools/evaluation/plane.h"

namespace fovea::evaluation {

/// `picture` of 8 bits at `size` by imresize's bicubic: Keys' cubic of a = -1/2, stretched when
/// shrinking, borders clamped (as in older versions, by which the test sets were shrunk); the
/// axis that shrinks more first, of equal ones the vertical; and, because the samples
/// are uint8, rounded after each axis. kPicture for other depths.
Result<Picture> matlab_resize(const Picture& picture, Size size);

/// The same of a plane of doubles, which are not rounded, by `factor`, or to 1 / `factor` of a size
/// that is a multiple of it. Borders are mirrored, the edge pixel twice, as in newer versions,
/// whose figures for bicubic are in the tables.
Plane matlab_enlarge(const Plane& plane, int64_t factor);
Plane matlab_shrink(const Plane& plane, int64_t factor);

}  // namespace fovea::evaluation
