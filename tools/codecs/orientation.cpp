#include "tools/codecs/orientation.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "tools/codecs/backends.h"
#include "tools/codecs/exif.h"

namespace fovea::codecs {
namespace {

// Turning by 90 degrees reads columns. In squares of 64 pixels both the reads and the writes stay
// in cache.
constexpr int64_t kTile = 64;

}  // namespace

TurnedLayout turned_layout(Size stored, int64_t row_step, int64_t column_step, int orientation) {
  const bool transposed = orientation >= 5;
  // With n = orientation: does the stored row 0 become the last row or column, and the stored
  // column 0 too?
  const bool rows_reversed =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const bool columns_reversed =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const int64_t down = rows_reversed ? -row_step : row_step;
  const int64_t right = columns_reversed ? -column_step : column_step;
  TurnedLayout layout;
  layout.size = transposed ? Size{stored.width, stored.height} : stored;
  layout.origin = (rows_reversed ? (stored.height - 1) * row_step : 0) +
                  (columns_reversed ? (stored.width - 1) * column_step : 0);
  layout.row_step = transposed ? right : down;
  layout.column_step = transposed ? down : right;
  return layout;
}

int inverse_orientation(int orientation) {
  return orientation == 6 ? 8 : orientation == 8 ? 6 : orientation;
}

Result<Picture> oriented(Picture stored, int orientation) {
  if (orientation < 1 || orientation > 8) {
    return fail(ErrorCode::kUsage, "orientation {} (1 to 8)", orientation);
  }
  if (orientation == 1) return stored;
  const int64_t pixel = stored.channels() * stored.bit_depth() / 8;
  const TurnedLayout layout =
      turned_layout(stored.size(), stored.row_byte_count(), pixel, orientation);
  const Size size = layout.size;
  FOVEA_ASSIGN_OR_RETURN(Picture upright,
                         Picture::create(size, stored.channels(), stored.bit_depth()));
  const uint8_t* const origin = stored.row_bytes(0) + layout.origin;
  for (int64_t tile_y = 0; tile_y < size.height; tile_y += kTile) {
    for (int64_t tile_x = 0; tile_x < size.width; tile_x += kTile) {
      for (int64_t y = tile_y; y < std::min(tile_y + kTile, size.height); ++y) {
        uint8_t* out = upright.row_bytes(y) + tile_x * pixel;
        for (int64_t x = tile_x; x < std::min(tile_x + kTile, size.width); ++x) {
          std::memcpy(out, origin + y * layout.row_step + x * layout.column_step,
                      static_cast<size_t>(pixel));
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
  decoded.metadata.exif = upright_exif(exif);
  if (!decoded.metadata.density) decoded.metadata.density = read_density(exif);
  if (decoded.metadata.density && *orientation >= 5)
    std::swap(decoded.metadata.density->x, decoded.metadata.density->y);
  return {};
}

}  // namespace fovea::codecs
