#include "tools/codecs/jpeg_quality.h"

#include <algorithm>
#include <limits>

#include "tools/codecs/jpeg_segments.h"
#include "tools/codecs/sniff.h"

namespace fovea::codecs {
namespace {

constexpr int kLargestStep = 255;

constexpr std::array<int, 64> kLuma = {16, 11, 10, 16, 24,  40,  51,  61,   //
                                       12, 12, 14, 19, 26,  58,  60,  55,   //
                                       14, 13, 16, 24, 40,  57,  69,  56,   //
                                       14, 17, 22, 29, 51,  87,  80,  62,   //
                                       18, 22, 37, 56, 68,  109, 103, 77,   //
                                       24, 35, 55, 64, 81,  104, 113, 92,   //
                                       49, 64, 78, 87, 103, 121, 120, 101,  //
                                       72, 92, 95, 98, 112, 100, 103, 99};

}  // namespace

std::array<uint16_t, 64> libjpeg_luma_table(int quality) {
  const int percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  std::array<uint16_t, 64> steps;
  for (size_t i = 0; i < steps.size(); ++i)
    steps[i] = static_cast<uint16_t>(std::clamp((kLuma[i] * percent + 50) / 100, 1, kLargestStep));
  return steps;
}

int nearest_quality(const std::array<uint16_t, 64>& steps) {
  int nearest = 0;
  int64_t least = std::numeric_limits<int64_t>::max();
  for (int quality = 1; quality <= 100; ++quality) {
    const std::array<uint16_t, 64> table = libjpeg_luma_table(quality);
    int64_t distance = 0;
    for (size_t i = 0; i < table.size(); ++i) {
      const int64_t difference = std::min<int64_t>(steps[i], kLargestStep) - table[i];
      distance += difference * difference;
    }
    if (distance < least) {
      least = distance;
      nearest = quality;
    }
  }
  return nearest;
}

std::optional<int> jpeg_quality(Bytes file) {
  if (sniff(file).format != Format::kJpeg) return std::nullopt;
  const JpegSegments segments = scan_jpeg(file);
  const auto table = static_cast<size_t>(segments.first_table);
  // Steps are at least 1: a table of zeros never came.
  if (segments.first_table < 0 || table >= segments.tables.size() || segments.tables[table][0] == 0)
    return std::nullopt;
  return nearest_quality(segments.tables[table]);
}

}  // namespace fovea::codecs
