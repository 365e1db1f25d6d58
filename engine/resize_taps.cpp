#include "engine/resize_taps.h"

#include <algorithm>
#include <cmath>

namespace fovea {
namespace {

constexpr double kPi = 3.14159265358979323846;

double sinc(double t) { return t == 0.0 ? 1.0 : std::sin(kPi * t) / (kPi * t); }

double kernel_radius(ResizeFilter filter) {
  switch (filter) {
    case ResizeFilter::kNearest:
      return 0.5;
    case ResizeFilter::kBilinear:
      return 1.0;
    case ResizeFilter::kBicubic:
      return 2.0;
    case ResizeFilter::kLanczos3:
      return 3.0;
  }
  return 0.0;
}

}  // namespace

ResizeTaps::ResizeTaps(const Resize& resize, int64_t in_length, int64_t out_length)
    : resize_(resize), in_length_(in_length), out_length_(out_length) {
  const bool stretched =
      resize.antialias && out_length < in_length && resize.filter != ResizeFilter::kNearest;
  stretch_ = stretched ? static_cast<double>(in_length) / static_cast<double>(out_length) : 1.0;
  radius_ = kernel_radius(resize.filter) * stretch_;
}

int64_t ResizeTaps::first(int64_t index) const {
  if (resize_.filter == ResizeFilter::kNearest)
    return (2 * index + 1) * in_length_ / (2 * out_length_);  // floor(u + 1/2) without rounding
  return clamp(static_cast<int64_t>(std::ceil(centre(index) - radius_)));
}

int64_t ResizeTaps::last(int64_t index) const {
  if (resize_.filter == ResizeFilter::kNearest) return first(index);
  return clamp(static_cast<int64_t>(std::floor(centre(index) + radius_)));
}

void ResizeTaps::weights(int64_t index, std::vector<double>& weights) const {
  const int64_t begin = first(index);
  weights.assign(static_cast<size_t>(last(index) - begin + 1), 0.0);
  if (resize_.filter == ResizeFilter::kNearest) {
    weights[0] = 1.0;
    return;
  }
  const double u = centre(index);
  const auto low = static_cast<int64_t>(std::ceil(u - radius_));
  const auto high = static_cast<int64_t>(std::floor(u + radius_));
  double sum = 0.0;
  for (int64_t sample = low; sample <= high; ++sample) {
    const double weight = kernel((u - static_cast<double>(sample)) / stretch_);
    weights[static_cast<size_t>(clamp(sample) - begin)] += weight;
    sum += weight;
  }
  for (double& weight : weights) weight /= sum;
}

double ResizeTaps::centre(int64_t index) const {
  // One division of two exact integers: whole and half positions come out exact.
  return static_cast<double>((2 * index + 1) * in_length_ - out_length_) /
         static_cast<double>(2 * out_length_);
}

double ResizeTaps::kernel(double t) const {
  t = std::abs(t);
  switch (resize_.filter) {
    case ResizeFilter::kNearest:
      return 1.0;
    case ResizeFilter::kBilinear:
      return t < 1.0 ? 1.0 - t : 0.0;
    case ResizeFilter::kBicubic: {
      const double a = resize_.cubic_a;
      if (t <= 1.0) return ((a + 2.0) * t - (a + 3.0)) * t * t + 1.0;
      if (t < 2.0) return ((a * t - 5.0 * a) * t + 8.0 * a) * t - 4.0 * a;
      return 0.0;
    }
    case ResizeFilter::kLanczos3:
      return t < 3.0 ? sinc(t) * sinc(t / 3.0) : 0.0;
  }
  return 0.0;
}

int64_t ResizeTaps::clamp(int64_t sample) const {
  return std::clamp<int64_t>(sample, 0, in_length_ - 1);
}

}  // namespace fovea
