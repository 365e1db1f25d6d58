#include "tools/evaluation/matlab_resize.h"

#include "engine/resize_taps.h"

namespace fovea::evaluation {
namespace {

constexpr Resize kCubic{ResizeFilter::kBicubic, {1, 1}, -0.5, true};

Plane resize_rows(const Plane& plane, int64_t height) {
  const ResizeTaps taps(kCubic, plane.size.height, height);
  const int64_t width = plane.size.width;
  Plane out{{height, width}, std::vector<double>(static_cast<size_t>(height * width))};
  std::vector<double> weights;
  for (int64_t y = 0; y < height; ++y) {
    taps.weights(y, weights);
    const int64_t first = taps.first(y);
    for (int64_t x = 0; x < width; ++x) {
      double sum = 0;
      for (size_t i = 0; i < weights.size(); ++i)
        sum += weights[i] * plane.at(first + static_cast<int64_t>(i), x);
      out.values[static_cast<size_t>(y * width + x)] = sum;
    }
  }
  return out;
}

Plane transposed(const Plane& plane) {
  Plane out{{plane.size.width, plane.size.height}, {}};
  for (int64_t x = 0; x < plane.size.width; ++x) {
    for (int64_t y = 0; y < plane.size.height; ++y) out.values.push_back(plane.at(y, x));
  }
  return out;
}

Plane resize_columns(const Plane& plane, int64_t width) {
  return transposed(resize_rows(transposed(plane), width));
}

template <class Between>
Plane resize(const Plane& plane, Size size, Between between) {
  // size.height / height <= size.width / width
  const bool rows_first = size.height * plane.size.width <= size.width * plane.size.height;
  if (rows_first)
    return between(resize_columns(between(resize_rows(plane, size.height)), size.width));
  return between(resize_rows(between(resize_columns(plane, size.width)), size.height));
}

// `index` of `length` samples that go back and forth, the last one twice.
int64_t mirrored_index(int64_t index, int64_t length) {
  const int64_t period = 2 * length;
  const int64_t folded = (index % period + period) % period;
  return folded < length ? folded : period - 1 - folded;
}

// `plane` continued by `beyond` samples on each side.
Plane mirrored(const Plane& plane, int64_t beyond) {
  Plane out{{plane.size.height + 2 * beyond, plane.size.width + 2 * beyond}, {}};
  for (int64_t y = -beyond; y < plane.size.height + beyond; ++y) {
    for (int64_t x = -beyond; x < plane.size.width + beyond; ++x)
      out.values.push_back(
          plane.at(mirrored_index(y, plane.size.height), mirrored_index(x, plane.size.width)));
  }
  return out;
}

Plane without(const Plane& plane, int64_t border) {
  Plane out{{plane.size.height - 2 * border, plane.size.width - 2 * border}, {}};
  for (int64_t y = 0; y < out.size.height; ++y) {
    for (int64_t x = 0; x < out.size.width; ++x)
      out.values.push_back(plane.at(y + border, x + border));
  }
  return out;
}

}  // namespace

Plane matlab_enlarge(const Plane& plane, int64_t factor) {
  // Two samples are read beyond a border.
  constexpr int64_t kBeyond = 2;
  const Plane larger = mirrored(plane, kBeyond);
  const Size size{larger.size.height * factor, larger.size.width * factor};
  return without(resize(larger, size, [](Plane part) { return part; }), kBeyond * factor);
}

Plane matlab_shrink(const Plane& plane, int64_t factor) {
  // The stretched kernel reads 2 * factor samples beyond a border.
  constexpr int64_t kBeyond = 2;
  const Plane larger = mirrored(plane, kBeyond * factor);
  const Size size{larger.size.height / factor, larger.size.width / factor};
  return without(resize(larger, size, [](Plane part) { return part; }), kBeyond);
}

Result<Picture> matlab_resize(const Picture& picture, Size size) {
  if (picture.bit_depth() != 8)
    return fail(ErrorCode::kPicture, "{} bits a sample; this resize is of 8", picture.bit_depth());
  std::vector<Plane> planes;
  for (int c = 0; c < picture.channels(); ++c)
    planes.push_back(resize(channel_plane(picture, c), size, as_uint8));
  return joined(planes);
}

}  // namespace fovea::evaluation
