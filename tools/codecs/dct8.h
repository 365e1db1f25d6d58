// The discrete cosine transform of JPEG's blocks.
#pragma once

namespace fovea::codecs {

/// 8 x 8 numbers, row by row.
using Block = float[64];

/// C(v, u) = a(v) a(u) sum_yx S(y, x) cos((2y+1) v pi/16) cos((2x+1) u pi/16), a(0) = 1/sqrt(8),
/// else 1/2: orthonormal, so that distances stay what they are. ITU-T T.81 §A.3.3 in f32.
void forward_dct(const Block& samples, Block& coefficients);

/// Its inverse, which is its transpose.
void inverse_dct(const Block& coefficients, Block& samples);

}  // namespace fovea::codecs
