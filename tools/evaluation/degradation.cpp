#include "tools/evaluation/degradation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <utility>
#include <vector>

#include "engine/mirror.h"
#include "tools/codecs/codec.h"
#include "tools/evaluation/plane.h"

namespace fovea::evaluation {
namespace {

std::vector<double> gaussian_weights(double sigma) {
  constexpr double kReach = 4;
  const auto radius = static_cast<int64_t>(std::ceil(kReach * sigma));
  std::vector<double> weights;
  double sum = 0;
  for (int64_t i = -radius; i <= radius; ++i) {
    const auto t = static_cast<double>(i) / sigma;
    weights.push_back(std::exp(-t * t / 2));
    sum += weights.back();
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

// Down columns, or along rows.
Plane blurred_along(const Plane& plane, const std::vector<double>& weights, bool down) {
  const auto radius = static_cast<int64_t>(weights.size() / 2);
  Plane out{plane.size, {}};
  for (int64_t y = 0; y < plane.size.height; ++y) {
    for (int64_t x = 0; x < plane.size.width; ++x) {
      double sum = 0;
      for (int64_t i = -radius; i <= radius; ++i) {
        const double value = down ? plane.at(mirrored(y + i, plane.size.height), x)
                                  : plane.at(y, mirrored(x + i, plane.size.width));
        sum += weights[static_cast<size_t>(i + radius)] * value;
      }
      out.values.push_back(sum);
    }
  }
  return out;
}

// FNV-1a.
uint64_t hash(std::string_view text) {
  uint64_t value = 14695981039346656037u;
  for (const char letter : text) {
    value ^= static_cast<unsigned char>(letter);
    value *= 1099511628211u;
  }
  return value;
}

// Box and Muller 1958, one of the pair: std::normal_distribution differs between libraries.
class Gaussian {
 public:
  explicit Gaussian(uint64_t seed) : random_(seed) {}

  double operator()() {
    // In (0, 1]: the logarithm of 0 is infinite.
    const double first = 1 - uniform();
    return std::sqrt(-2 * std::log(first)) * std::cos(2 * std::numbers::pi * uniform());
  }

 private:
  // In [0, 1), of 53 bits.
  double uniform() { return static_cast<double>(random_() >> 11) * 0x1p-53; }

  std::mt19937_64 random_;
};

}  // namespace

std::string to_string(const Degradation& degradation) {
  std::string text;
  const auto add = [&](const std::string& what) { text += (text.empty() ? "" : ", ") + what; };
  if (degradation.blur) add(fmt::format("blur {}", *degradation.blur));
  if (degradation.noise)
    add(fmt::format("noise {} (seed {})", *degradation.noise, degradation.seed));
  if (degradation.jpeg) add(fmt::format("JPEG {}", *degradation.jpeg));
  return text.empty() ? "none" : text;
}

Result<Picture> blurred(const Picture& picture, double sigma) {
  const std::vector<double> weights = gaussian_weights(sigma);
  std::vector<Plane> planes;
  for (int c = 0; c < picture.channels(); ++c)
    planes.push_back(
        blurred_along(blurred_along(channel_plane(picture, c), weights, true), weights, false));
  return joined(planes);
}

Result<Picture> with_noise(const Picture& picture, double deviation, uint64_t seed,
                           std::string_view name) {
  Gaussian gaussian(seed ^ hash(name));
  FOVEA_ASSIGN_OR_RETURN(Picture noisy, picture.copy());
  for (int64_t y = 0; y < noisy.height(); ++y) {
    for (int64_t x = 0; x < noisy.width(); ++x) {
      for (int c = 0; c < noisy.channels(); ++c) {
        const double value = static_cast<double>(noisy.sample(y, x, c)) + deviation * gaussian();
        noisy.set_sample(y, x, c, std::clamp<int64_t>(std::llround(value), 0, 255));
      }
    }
  }
  return noisy;
}

Result<JpegPicture> through_jpeg(const Picture& picture, int quality) {
  FOVEA_ASSIGN_OR_RETURN(
      std::vector<std::byte> bytes,
      codecs::encode(picture, codecs::Format::kJpeg, {.quality = quality}, "JPEG"));
  FOVEA_ASSIGN_OR_RETURN(codecs::Decoded decoded, codecs::decode(bytes, "JPEG", {}));
  return JpegPicture{std::move(decoded.picture), std::move(bytes)};
}

}  // namespace fovea::evaluation
