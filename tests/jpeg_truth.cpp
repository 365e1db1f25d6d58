#include "tests/jpeg_truth.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

namespace fovea::codecs {
namespace {

// JFIF, offsets left to the caller.
std::array<double, 3> to_rgb(const std::array<double, 3>& ycc) {
  return {ycc[0] + 1.402 * ycc[2],
          ycc[0] - 0.114 * 1.772 / 0.587 * ycc[1] - 0.299 * 1.402 / 0.587 * ycc[2],
          ycc[0] + 1.772 * ycc[1]};
}

std::array<double, 3> to_ycc(const std::array<double, 3>& rgb) {
  const double y = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
  return {y, (rgb[2] - y) / 1.772, (rgb[0] - y) / 1.402};
}

}  // namespace

std::vector<JpegKind> jpeg_kinds() {
  return {{"gray", JpegColour::kGray},         {"RGB", JpegColour::kRgb},
          {"4:4:4", JpegColour::kYcbcr},       {"4:2:2", JpegColour::kYcbcr, 1, 2},
          {"4:4:0", JpegColour::kYcbcr, 2, 1}, {"4:2:0", JpegColour::kYcbcr, 2, 2},
          {"4:1:1", JpegColour::kYcbcr, 1, 4}};
}

JpegTruth make_truth(const JpegKind& kind, Size size, uint32_t seed) {
  JpegTruth truth{kind, size, {}};
  std::mt19937 random(seed);
  std::normal_distribution<double> noise(0, 6);
  const int components = kind.components();
  truth.samples.resize(static_cast<size_t>(size.area() * components));
  for (int64_t y = 0; y < size.height; ++y) {
    for (int64_t x = 0; x < size.width; ++x) {
      for (int c = 0; c < components; ++c) {
        const size_t at = static_cast<size_t>((y * size.width + x) * components + c);
        const bool is_coarse = c > 0;
        const int64_t cell_y = is_coarse ? y / kind.cell_height * kind.cell_height : y;
        const int64_t cell_x = is_coarse ? x / kind.cell_width * kind.cell_width : x;
        if (cell_y != y || cell_x != x) {
          truth.samples[at] =
              truth.samples[static_cast<size_t>((cell_y * size.width + cell_x) * components + c)];
          continue;
        }
        const double edge = (x + 2 * y + 7 * c) % 23 < 9 ? 45 : -30;
        const double wave =
            40 * std::sin(0.21 * static_cast<double>(x) + 0.13 * static_cast<double>(y) + c);
        const double value = 120 + edge + wave + noise(random);
        truth.samples[at] = static_cast<uint8_t>(std::clamp(std::lround(value), 0l, 255l));
      }
    }
  }
  return truth;
}

File write_truth(const JpegTruth& truth, int quality,
                 const std::function<void(jpeg_compress_struct&)>& configure) {
  const JpegKind& kind = truth.kind;
  const J_COLOR_SPACE space = kind.colour == JpegColour::kGray  ? JCS_GRAYSCALE
                              : kind.colour == JpegColour::kRgb ? JCS_RGB
                                                                : JCS_YCbCr;
  return write_with_libjpeg(
      truth.size, kind.components(), space, truth.samples, [&](jpeg_compress_struct& info) {
        jpeg_set_colorspace(&info, space);
        jpeg_set_quality(&info, quality, TRUE);
        for (int i = 0; i < info.num_components; ++i)
          info.comp_info[i].h_samp_factor = info.comp_info[i].v_samp_factor = 1;
        info.comp_info[0].h_samp_factor = kind.cell_width;
        info.comp_info[0].v_samp_factor = kind.cell_height;
        if (configure) configure(info);
      });
}

std::vector<float> map_of(const JpegTruth& truth) {
  std::vector<float> map(truth.samples.begin(), truth.samples.end());
  if (truth.kind.colour == JpegColour::kYcbcr) {
    for (size_t i = 0; i < map.size(); i += 3) {
      const auto rgb = to_rgb({map[i], map[i + 1] - 128.0, map[i + 2] - 128.0});
      for (size_t c = 0; c < 3; ++c) map[i + c] = static_cast<float>(rgb[c]);
    }
  }
  for (float& value : map) value /= 255;
  return map;
}

double squared_error(const JpegTruth& truth, const std::vector<float>& map, int c, int64_t row,
                     int64_t column, int64_t count) {
  const int components = truth.kind.components();
  double sum = 0;
  for (int64_t y = row; y < std::min(row + count, truth.size.height); ++y) {
    for (int64_t x = column; x < std::min(column + count, truth.size.width); ++x) {
      const size_t at = static_cast<size_t>((y * truth.size.width + x) * components);
      double value = 255.0 * map[at + static_cast<size_t>(c)];
      if (truth.kind.colour == JpegColour::kYcbcr) {
        const auto ycc = to_ycc({255.0 * map[at], 255.0 * map[at + 1], 255.0 * map[at + 2]});
        value = ycc[static_cast<size_t>(c)] + (c > 0 ? 128 : 0);
      }
      const double off = value - truth.samples[at + static_cast<size_t>(c)];
      sum += off * off;
    }
  }
  return sum;
}

}  // namespace fovea::codecs
