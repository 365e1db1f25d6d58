// One channel of a picture as numbers, for measuring.
#pragma once

#include <vector>

#include "engine/picture.h"

namespace fovea::evaluation {

/// (H, W), in 0...255 whatever the picture's bit depth.
struct Plane {
  Size size;
  std::vector<double> values;

  double at(int64_t y, int64_t x) const { return values[static_cast<size_t>(y * size.width + x)]; }
};

/// Channel `channel` of `picture`.
Plane channel_plane(const Picture& picture, int channel);

/// Luma as MATLAB's rgb2ycbcr: 16 + (65.481 R + 128.553 G + 24.966 B) / 255. Of a gray picture the
/// gray itself, as the published tables have it.
Plane luma_plane(const Picture& picture);

/// Every value to the nearest whole number, halves away from zero, held to 0...255: MATLAB's uint8.
Plane as_uint8(Plane plane);

/// A gray picture of 16 bits, in which a value is off by 1/514 at most.
Result<Picture> as_picture(const Plane& plane);

/// `planes` as the channels of a picture of 8 bits.
Result<Picture> joined(const std::vector<Plane>& planes);

/// The first rows and columns of `picture`, as many as the largest multiples of `factor`.
Result<Picture> cropped_to_multiple(const Picture& picture, int64_t factor);

}  // namespace fovea::evaluation
