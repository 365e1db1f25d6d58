#include "tools/evaluation/plane.h"

#include <algorithm>
#include <cmath>

namespace fovea::evaluation {
namespace {

template <class Value>
Plane plane_of(const Picture& picture, Value value) {
  Plane plane{picture.size(), {}};
  plane.values.reserve(static_cast<size_t>(picture.size().area()));
  for (int64_t y = 0; y < picture.height(); ++y) {
    for (int64_t x = 0; x < picture.width(); ++x) plane.values.push_back(value(y, x));
  }
  return plane;
}

}  // namespace

Plane channel_plane(const Picture& picture, int channel) {
  const double unit = 255.0 / static_cast<double>(picture.max_sample());
  return plane_of(picture, [&](int64_t y, int64_t x) {
    return static_cast<double>(picture.sample(y, x, channel)) * unit;
  });
}

Plane luma_plane(const Picture& picture) {
  if (picture.colour_channels() == 1) return channel_plane(picture, 0);
  const double unit = 255.0 / static_cast<double>(picture.max_sample());
  return plane_of(picture, [&](int64_t y, int64_t x) {
    const auto sample = [&](int c) { return static_cast<double>(picture.sample(y, x, c)) * unit; };
    return 16 + (65.481 * sample(0) + 128.553 * sample(1) + 24.966 * sample(2)) / 255;
  });
}

Plane as_uint8(Plane plane) {
  for (double& value : plane.values) value = std::clamp(std::round(value), 0.0, 255.0);
  return plane;
}

Result<Picture> as_picture(const Plane& plane) {
  FOVEA_ASSIGN_OR_RETURN(Picture picture, Picture::create(plane.size, 1, 16));
  for (int64_t y = 0; y < plane.size.height; ++y) {
    for (int64_t x = 0; x < plane.size.width; ++x) {
      const double sample = std::round(plane.at(y, x) * 257);
      picture.set_sample(y, x, 0, static_cast<int64_t>(std::clamp(sample, 0.0, 65535.0)));
    }
  }
  return picture;
}

Result<Picture> joined(const std::vector<Plane>& planes) {
  const Size size = planes.front().size;
  FOVEA_ASSIGN_OR_RETURN(Picture picture,
                         Picture::create(size, static_cast<int>(planes.size()), 8));
  for (size_t c = 0; c < planes.size(); ++c) {
    const Plane rounded = as_uint8(planes[c]);
    for (int64_t y = 0; y < size.height; ++y) {
      for (int64_t x = 0; x < size.width; ++x)
        picture.set_sample(y, x, static_cast<int>(c), static_cast<int64_t>(rounded.at(y, x)));
    }
  }
  return picture;
}

Result<Picture> cropped_to_multiple(const Picture& picture, int64_t factor) {
  const Size size{picture.height() / factor * factor, picture.width() / factor * factor};
  if (size.area() == 0)
    return fail(ErrorCode::kPicture, "{}x{} pixels are fewer than the scale {}", picture.width(),
                picture.height(), factor);
  FOVEA_ASSIGN_OR_RETURN(Picture cropped,
                         Picture::create(size, picture.channels(), picture.bit_depth()));
  for (int64_t y = 0; y < size.height; ++y)
    std::copy_n(picture.row_bytes(y), cropped.row_byte_count(), cropped.row_bytes(y));
  return cropped;
}

}  // namespace fovea::evaluation
