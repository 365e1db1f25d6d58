// The sizes of files by their parts, for the formats whose parts are walked here.
#pragma once

#include "tools/codecs/backends.h"

namespace fovea::codecs {

/// FormatBackend::measure. PNG: every chunk up to IEND is there.
Result<Size> measure_png(Bytes file, const Limits& limits);

/// JPEG: a frame, a scan, and EOI as the last bytes.
Result<Size> measure_jpeg(Bytes file, const Limits& limits);

/// The size of the upright picture of one stored with `stored` pixels; a broken block `exif`, like
/// an empty one, turns nothing.
Size upright_size(Size stored, Bytes exif);

}  // namespace fovea::codecs
