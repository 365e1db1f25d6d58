// What a JPEG file says of the picture it was made from: its quantised DCT coefficients.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "tools/codecs/codec.h"

namespace fovea::codecs {

/// A colour component as the file holds it. Blocks lie row by row, coefficients in a block too:
/// vertical frequency * 8 + horizontal frequency.
struct JpegComponent {
  Size blocks;              ///< of 8 x 8 samples, as many as cover the picture
  int64_t cell_height = 1;  ///< pixels that a sample stands for: 1 x 1, of halved chroma 2 x 2
  int64_t cell_width = 1;
  std::array<uint16_t, 64> steps{};  ///< of the quantiser: a coefficient is about step * level
  std::array<bool, 64> known{};      ///< false: the scans that tell it, wholly, never came
  std::vector<int16_t> levels;       ///< blocks.height x blocks.width x 64
};

enum class JpegColour { kGray, kYcbcr, kRgb };

struct JpegCoefficients {
  Size size;  ///< of the picture as it is stored
  JpegColour colour = JpegColour::kGray;
  int orientation = 1;                    ///< EXIF's, 1...8, of what decode() turned upright
  std::vector<JpegComponent> components;  ///< 1 or 3
};

/// Reads the coefficients of a file that decode() takes, under the same limits and with the same
/// errors. No value for other formats, for CMYK, which is no picture of red, green and blue, and in
/// a build without libjpeg. Takes 2 bytes a coefficient, while it reads 4.
Result<std::optional<JpegCoefficients>> read_jpeg_coefficients(std::span<const std::byte> bytes,
                                                               std::string_view name,
                                                               const Limits& limits);

}  // namespace fovea::codecs
