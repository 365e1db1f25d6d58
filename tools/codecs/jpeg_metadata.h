// What the segments of a JPEG say beside its pixels, read and written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>  // jpeglib.h needs FILE and includes nothing
#include <string>
#include <vector>

#include <jpeglib.h>

#include "tools/codecs/jpeg_segments.h"
#include "tools/codecs/metadata.h"

namespace fovea::codecs {

/// The most bytes of a block that its segment, lead included, has room for.
constexpr size_t kMostSegmentBytes = 65533;
constexpr size_t kMostJpegExif = kMostSegmentBytes - 6;
constexpr size_t kMostJpegXmp = kMostSegmentBytes - 29;
constexpr size_t kMostJpegProfile = 255 * (kMostSegmentBytes - 14);

/// All but EXIF, which make_upright() reads. A profile of which a part is missing becomes a
/// warning.
Metadata read_jpeg_metadata(const JpegSegments& segments, std::vector<std::string>& warnings);

/// Writes the segments; between jpeg_start_compress() and the first row. What does not fit its
/// segment must have been taken out by fit_metadata().
void write_jpeg_metadata(const Metadata& metadata, jpeg_compress_struct& info);

/// Sets the density that libjpeg writes; before jpeg_start_compress().
void set_jpeg_density(Density density, jpeg_compress_struct& info);

}  // namespace fovea::codecs
