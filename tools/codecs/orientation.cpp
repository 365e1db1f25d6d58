#include "tools/codecs/orientation.h"

#include <algorithm>
#include <cstring>

#include "tools/codecs/backends.h"
#include "tools/codecs/exif.h"

namespace fovea::codecs {
namespace {

// Turning by 90 degrees reads columns. In squares of 64 pixels both the reads and the writes stay
// in cache.
constexpr int64_t kTile = 64;

}  // namespace

Result<Picture> oriented(Picture stored, int orientation) {
  if (orientation < 1 || orientation > 8) {
    return fail(ErrorCode::kUsage, "orientation {} (1 to 8)", orientation);
  }
  if (orientation == 1) return stored;
  const bool transposed = orientation >= 5;
  // With n = orientation: does the stored row 0 become the last row or column, and the stored
  // column 0 too?
  const bool rows_reversed =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const bool columns_reversed =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;

  const int64_t height = transposed ? stored.width() : stored.height();
  const int64_t width = transposed ? stored.height() : stored.width();
  FOVEA_ASSIGN_OR_RETURN(Picture upright,
                         Picture::create({height, width}, stored.channels(), stored.bit_depth()));

  const int64_t pixel = stored.channels() * stored.bit_depth() / 8;
  const int64_t row_step = stored.row_byte_count();
  // The byte in `stored` of the upright pixel (y, x) is origin + y * y_step + x * x_step.
  const int64_t stored_row_step = rows_reversed ? -row_step : row_step;
  const int64_t stored_column_step = columns_reversed ? -pixel : pixel;
  const int64_t y_step = transposed ? stored_column_step : stored_row_step;
  const int64_t x_step = transposed ? stored_row_step : stored_column_step;
  const uint8_t* origin = stored.row_bytes(rows_reversed ? stored.height() - 1 : 0) +
                          (columns_reversed ? (stored.width() - 1) * pixel : 0);

  for (int64_t tile_y = 0; tile_y < height; tile_y += kTile) {
    for (int64_t tile_x = 0; tile_x < width; tile_x += kTile) {
      for (int64_t y = tile_y; y < std::min(tile_y + kTile, height); ++y) {
        uint8_t* out = upright.row_bytes(y) + tile_x * pixel;
        for (int64_t x = tile_x; x < std::min(tile_x + kTile, width); ++x) {
          std::memcpy(out, origin + y * y_step + x * x_step, static_cast<size_t>(pixel));
          out += pixel;
        }
      }
    }
  }
  return upright;
}

Status make_upright(Bytes exif, Decoded& decoded) {
  const auto orientation = read_orientation(exif);
  if (!orientation) {
    decoded.warnings.push_back("broken EXIF ignored: " + orientation.error().message);
    return {};
  }
  FOVEA_ASSIGN_OR_RETURN(decoded.picture, oriented(std::move(decoded.picture), *orientation));
  return {};
}

}  // namespace fovea::codecs
