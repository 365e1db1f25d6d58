#include "tools/codecs/measure.h"

#include "tools/codecs/exif.h"
#include "tools/codecs/jpeg_segments.h"
#include "tools/codecs/png_chunks.h"

namespace fovea::codecs {
namespace {

int64_t big_endian_16(Bytes file, size_t offset) {
  return std::to_integer<int64_t>(file[offset]) << 8 | std::to_integer<int64_t>(file[offset + 1]);
}

}  // namespace

Size upright_size(Size stored, Bytes exif) {
  const auto orientation = exif.empty() ? Result<int>(1) : read_orientation(exif);
  const bool sides_change = orientation && *orientation >= 5;
  return sides_change ? Size{stored.width, stored.height} : stored;
}

Result<Size> measure_png(Bytes file, const Limits& limits) {
  FOVEA_ASSIGN_OR_RETURN(const PngChunks chunks, scan_png(file, limits));
  return upright_size({chunks.header.height, chunks.header.width}, chunks.exif);
}

Result<Size> measure_jpeg(Bytes file, const Limits& limits) {
  const JpegSegments segments = scan_jpeg(file);
  const bool ends = file.size() >= 4 && big_endian_16(file, file.size() - 2) == 0xffd9;
  // Height and width follow each other in the frame's header, T.81 §B.2.2.
  if (segments.scan_offset == 0 || segments.height_offset == 0 || !ends)
    return fail(ErrorCode::kPicture, "cut off or broken JPEG; get the file again");
  const Size stored{big_endian_16(file, segments.height_offset),
                    big_endian_16(file, segments.height_offset + 2)};
  FOVEA_TRY(check_size(stored.width, stored.height, limits));
  return upright_size(stored, segments.exif);
}

}  // namespace fovea::codecs
