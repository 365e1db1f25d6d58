// Picture files made by hand for the codec tests: PNGs of every kind, EXIF blocks, containers, and
// damage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/picture.h"

namespace fovea::codecs {

using File = std::vector<std::byte>;

/// Literal bytes, NUL included when the view has them.
File bytes_of(std::string_view text);
void append(File& file, std::span<const std::byte> bytes);
void append_u32_big(File& file, uint32_t value);
void append_u32_little(File& file, uint32_t value);

/// Uniformly random samples: the hardest picture to keep.
Picture noise_picture(Size size, int channels, int bit_depth, uint32_t seed);

/// Slow waves in each channel, other ones in each: what lossy formats are made for. Alpha is noise.
Picture smooth_picture(Size size, int channels);

/// Same shape and samples.
bool same_pixels(const Picture& a, const Picture& b);

/// Largest difference of any sample of the channels [first, first + count), and the root of the
/// mean square.
struct Difference {
  int64_t largest = 0;
  double rms = 0;
};
Difference difference(const Picture& a, const Picture& b, int first, int count);

/// A PNG as the standard describes it, written without libspng.
struct PngSpec {
  int64_t width = 1;
  int64_t height = 1;
  int bit_depth = 8;
  int colour_type = 0;  ///< 0 gray, 2 RGB, 3 palette, 4 gray + alpha, 6 RGBA
  bool interlaced = false;
  std::function<int(int64_t y, int64_t x, int c)> sample;  ///< 0 ... 2^bit_depth - 1
  File palette;                                            ///< PLTE's payload
  File transparency;                                       ///< tRNS's payload
  File extra;  ///< whole chunks to stand between IHDR and PLTE
};
File make_png(const PngSpec& spec);

/// The uncompressed scan lines of `spec`, each led by filter byte 0.
File png_rows(const PngSpec& spec);

/// zlib stream of `bytes`.
File deflated(std::span<const std::byte> bytes);

/// One chunk with a right checksum.
File png_chunk(std::string_view type, std::span<const std::byte> payload);

/// A PNG of these chunks: signature, IHDR from `spec`, `chunks`, IEND.
File png_with(const PngSpec& spec, std::span<const std::byte> chunks);

/// An EXIF block (without the leading "Exif\0\0") whose first directory holds a camera's name and
/// `orientation`.
File exif_block(int orientation, bool big_endian);

/// `jpeg` with a segment of this marker and payload right after SOI.
File with_jpeg_segment(const File& jpeg, uint8_t marker, std::span<const std::byte> payload);

/// An APP1 payload: "Exif\0\0" and the block.
File exif_segment(std::span<const std::byte> block);

/// Offset of the first byte of the first segment with this marker (its 0xff); -1 when there is
/// none.
int64_t find_jpeg_segment(const File& jpeg, uint8_t marker);

}  // namespace fovea::codecs
