// ICC profiles for tests.
#pragma once

#include "tests/codec_files.h"

namespace fovea::codecs {

/// A header that names RGB as its space, and `bytes` bytes in all that mean nothing.
File rgb_profile_of(size_t bytes);

/// A gray profile whose curve is value^gamma.
File gray_profile(double gamma);

/// A printer whose paper turns gray by cyan and black alone: L* = 100 (1 - black) (1 - cyan / 2),
/// a* = b* = 0, whatever magenta and yellow do.
File odd_cmyk_profile();

/// The sRGB sample, 0...255, of a neutral colour of this L*.
double srgb_of_lightness(double lightness);

}  // namespace fovea::codecs
