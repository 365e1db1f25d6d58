// Proves a PNG's compressed pixels whole before any memory is taken for them.
#pragma once

#include "tools/codecs/png_chunks.h"

namespace fovea::codecs {

/// Inflates the IDAT stream of `chunks` piece by piece into a small buffer that is thrown away.
/// kPicture when the stream is damaged, ends before the header's size is filled, or its Adler-32 is
/// wrong (libspng stops reading at the last pixel and so never sees that sum). Bytes beyond the
/// last pixel become a warning.
Status check_image_data(PngChunks& chunks);

}  // namespace fovea::codecs
