// A picture moved to where a JPEG file says that the one it was made from lies.
#pragma once

#include <span>

#include "engine/thread_team.h"
#include "tools/codecs/jpeg_coefficients.h"

namespace fovea::codecs {

/// How much further than q/2 from q * level a coefficient of what was encoded may lie, in units of
/// a sample of 0...255. libjpeg's integer DCT (jfdctint) rounds each first pass to 1/4 and the
/// result to 1/8, which adds up to at most 0.1875, and takes constants rounded to 2^-13: with
/// samples of -128...127 at most 0.121 more; together 0.2965 at the worst coefficient. The rest is
/// for the f32 here.
inline constexpr float kCoefficientSlack = 0.3f;

/// The picture nearest to `map` of which the file could have been made: each DCT coefficient of
/// each component within q (level +- 1/2), widened by kCoefficientSlack. `map` is (height, width,
/// channels) of the upright picture, samples in 0...1, with values beyond them allowed and kept:
/// nothing is clamped. 3 channels: RGB, projected in the file's own components, chroma at the
/// resolution it is stored in; of a gray file, its luma. 1 channel: gray, or luma of full range, of
/// which a colour file's first component is.
///
/// The set of such pictures is convex and the picture that was encoded is in it, so the distance
/// to that one cannot grow, in each component: if the encoder rounded to nearest, as libjpeg does.
/// One that rounds otherwise (the trellis of mozjpeg, the dead zones of some cameras) may have left
/// the true picture outside. Halved chroma is taken for the mean of its 2 x 2 pixels, as libjpeg
/// makes it. What an encoder puts beyond the picture's borders into the last blocks is not assumed:
/// any would do, so that such blocks are held less tightly.
///
/// Rows of blocks are shared out among `team`; the result does not depend on it. kUsage when size
/// or channels do not fit the file.
Status project_onto_jpeg(const JpegCoefficients& file, std::span<float> map, Size size,
                         int64_t channels, ThreadTeam& team);

}  // namespace fovea::codecs
