// WebP through libwebp.
#pragma once

#include "tools/codecs/backends.h"

namespace fovea::codecs {

/// Lossy and lossless files, with or without alpha, as RGB or RGBA. Of an animation the first frame
/// is used, on its canvas, and a warning says so. Cut off or broken files are kPicture.
Result<Decoded> decode_webp(Bytes bytes, const Limits& limits);

/// Lossy at options.quality, alpha without loss; with options.lossless every sample as it is. Gray
/// becomes RGB: the format has no gray.
Status encode_webp(const Picture& picture, const EncodeOptions& options, ThreadTeam& team,
                   const ByteSink& sink);

/// FormatBackend::measure: all of the file's parts are there.
Result<Size> measure_webp(Bytes bytes, const Limits& limits);

/// FormatBackend::encoding_bytes.
int64_t webp_encoding_bytes(int64_t row_bytes, int64_t height, int threads);

}  // namespace fovea::codecs
