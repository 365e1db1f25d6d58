#include "tools/evaluation/metrics.h"

#include <array>
#include <cmath>
#include <limits>

namespace fovea::evaluation {
namespace {

constexpr double kPeak = 255;
constexpr int64_t kWindow = 11;

struct SquaredError {
  double sum = 0;
  double count = 0;

  double psnr() const {
    if (count == 0) return std::numeric_limits<double>::quiet_NaN();
    return 10 * std::log10(kPeak * kPeak * count / sum);
  }
};

void add(SquaredError& error, const Plane& a, const Plane& b, int64_t border) {
  for (int64_t y = border; y < a.size.height - border; ++y) {
    for (int64_t x = border; x < a.size.width - border; ++x) {
      const double difference = a.at(y, x) - b.at(y, x);
      error.sum += difference * difference;
      error.count += 1;
    }
  }
}

std::array<double, kWindow> gaussian() {
  constexpr double kSigma = 1.5;
  std::array<double, kWindow> weights{};
  double sum = 0;
  for (int64_t i = 0; i < kWindow; ++i) {
    const auto t = static_cast<double>(i - kWindow / 2);
    sum += weights[static_cast<size_t>(i)] = std::exp(-t * t / (2 * kSigma * kSigma));
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

// `product(y, x)` blurred where the window fits, (height - 10, width - 10).
template <class Product>
std::vector<double> blurred(Size size, Product product) {
  static const std::array<double, kWindow> kWeights = gaussian();
  const int64_t out_width = size.width - kWindow + 1;
  const int64_t out_height = size.height - kWindow + 1;
  std::vector<double> rows(static_cast<size_t>(size.height * out_width));
  for (int64_t y = 0; y < size.height; ++y) {
    for (int64_t x = 0; x < out_width; ++x) {
      double sum = 0;
      for (int64_t i = 0; i < kWindow; ++i)
        sum += kWeights[static_cast<size_t>(i)] * product(y, x + i);
      rows[static_cast<size_t>(y * out_width + x)] = sum;
    }
  }
  std::vector<double> out(static_cast<size_t>(out_height * out_width));
  for (int64_t y = 0; y < out_height; ++y) {
    for (int64_t x = 0; x < out_width; ++x) {
      double sum = 0;
      for (int64_t i = 0; i < kWindow; ++i)
        sum +=
            kWeights[static_cast<size_t>(i)] * rows[static_cast<size_t>((y + i) * out_width + x)];
      out[static_cast<size_t>(y * out_width + x)] = sum;
    }
  }
  return out;
}

}  // namespace

double psnr(const Plane& a, const Plane& b, int64_t border) {
  SquaredError error;
  add(error, a, b, border);
  return error.psnr();
}

double rgb_psnr(const Picture& a, const Picture& b, int64_t border) {
  SquaredError error;
  for (int c = 0; c < a.colour_channels(); ++c)
    add(error, channel_plane(a, c), channel_plane(b, c), border);
  return error.psnr();
}

double ssim(const Plane& a, const Plane& b, int64_t border) {
  constexpr double kC1 = (0.01 * kPeak) * (0.01 * kPeak);
  constexpr double kC2 = (0.03 * kPeak) * (0.03 * kPeak);
  const Size size{a.size.height - 2 * border, a.size.width - 2 * border};
  if (size.height < kWindow || size.width < kWindow)
    return std::numeric_limits<double>::quiet_NaN();
  const auto of_a = [&](int64_t y, int64_t x) { return a.at(y + border, x + border); };
  const auto of_b = [&](int64_t y, int64_t x) { return b.at(y + border, x + border); };
  const auto mean_a = blurred(size, of_a);
  const auto mean_b = blurred(size, of_b);
  const auto square_a =
      blurred(size, [&](int64_t y, int64_t x) { return of_a(y, x) * of_a(y, x); });
  const auto square_b =
      blurred(size, [&](int64_t y, int64_t x) { return of_b(y, x) * of_b(y, x); });
  const auto product = blurred(size, [&](int64_t y, int64_t x) { return of_a(y, x) * of_b(y, x); });
  double sum = 0;
  for (size_t i = 0; i < mean_a.size(); ++i) {
    const double ab = mean_a[i] * mean_b[i];
    const double aa = mean_a[i] * mean_a[i];
    const double bb = mean_b[i] * mean_b[i];
    sum += (2 * ab + kC1) * (2 * (product[i] - ab) + kC2) /
           ((aa + bb + kC1) * (square_a[i] - aa + square_b[i] - bb + kC2));
  }
  return sum / static_cast<double>(mean_a.size());
}

}  // namespace fovea::evaluation
