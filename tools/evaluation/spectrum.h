// Whether a result has the detail of the truth at each fineness, whatever its place: what PSNR
// cannot tell, since it prefers blur.
#pragma once

#include <array>

#include "tools/evaluation/plane.h"

namespace fovea::evaluation {

/// Octaves of frequency, the finest first: 1/2 to 1 of Nyquist's, 1/4 to 1/2, and so on.
inline constexpr size_t kOctaves = 4;

/// How much more power, in dB, `result` has than `truth` in each octave, on the mean over rings of
/// the spectrum:
///
///   mean over rings r of the octave of 10 log10((P_result(r) + q) / (P_truth(r) + q))
///
/// P(r) is the mean of |F(u, v)|^2 / sum of w^2 over the frequencies that are at r rounded to whole
/// multiples of 1 / min(height, width) cycles a pixel from 0; F the Fourier transform of the plane
/// without its mean, times Hann's window w of its size. White noise of variance s^2 has P = s^2
/// everywhere; q = 1/12 is that of rounding to 8 bits, below which nothing can be told. What lies
/// further than Nyquist's frequency of the shorter side, in the spectrum's corners, is in no
/// octave. `border` pixels on each side are left out, then rows and columns, the same at both ends,
/// until the sides have no prime factor over 5. NaN in an octave without a ring, of pictures that
/// are too small.
///
/// Negative: blur. Positive: noise, or detail that is not in the truth.
std::array<double, kOctaves> spectrum_difference(const Plane& truth, const Plane& result,
                                                 int64_t border);

}  // namespace fovea::evaluation
