// How near a picture is to another.
#pragma once

#include "tools/evaluation/plane.h"

namespace fovea::evaluation {

/// Peak signal-to-noise ratio in dB, 10 log10(255^2 / MSE), of two planes of one size without
/// `border` pixels on each side; infinite where they are equal, NaN where nothing is left.
double psnr(const Plane& a, const Plane& b, int64_t border);

/// The same over the three channels of two pictures together.
double rgb_psnr(const Picture& a, const Picture& b, int64_t border);

/// Structural similarity (Wang et al. 2004), mean over the places where a Gaussian window of 11x11,
/// sigma 1.5, fits; K = 0.01 and 0.03, peak 255. NaN where it fits nowhere.
double ssim(const Plane& a, const Plane& b, int64_t border);

}  // namespace fovea::evaluation
