// Pictures whose samples are known as the JPEG encoder transforms them, their files, and distances
// from them in the file's own components.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/jpeg_files.h"
#include "tools/codecs/jpeg_coefficients.h"

namespace fovea::codecs {

/// A kind of file: its colours and how coarsely the second and third component are stored.
struct JpegKind {
  std::string name;
  JpegColour colour;
  int cell_height = 1;
  int cell_width = 1;

  int components() const { return colour == JpegColour::kGray ? 1 : 3; }
};

/// Gray, RGB, and YCbCr of 4:4:4, 4:2:2, 4:4:0, 4:2:0 and 4:1:1.
std::vector<JpegKind> jpeg_kinds();

/// What was encoded. Samples are those of the file's components; where chroma is stored coarsely it
/// is constant in each cell, so that no mean of it is rounded.
struct JpegTruth {
  JpegKind kind;
  Size size;
  std::vector<uint8_t> samples;  ///< (height, width, components)
};

/// Waves, edges and noise.
JpegTruth make_truth(const JpegKind& kind, Size size, uint32_t seed);

/// Its file.
File write_truth(const JpegTruth& truth, int quality,
                 const std::function<void(jpeg_compress_struct&)>& configure = {});

/// Its samples as a map (height, width, components) of RGB or gray in 0...1, not clamped.
std::vector<float> map_of(const JpegTruth& truth);

/// The sum of squares of what `map` is off in component `c`, in steps of 1/255, over the pixels of
/// rows [row, row + count) and columns [column, column + count).
double squared_error(const JpegTruth& truth, const std::vector<float>& map, int c, int64_t row = 0,
                     int64_t column = 0, int64_t count = int64_t{1} << 30);

}  // namespace fovea::codecs
