// PNG: read through libspng, written through zlib.
#pragma once

#include "tools/codecs/backends.h"

namespace fovea::codecs {

/// 1, 2 and 4 bits become 8; a palette becomes RGB; a transparent colour (tRNS) becomes alpha; gray
/// stays gray and 16 bits stay 16. Checksum errors and anything missing are kPicture.
Result<Decoded> decode_png(Bytes bytes, const Limits& limits);

/// Gray, gray + alpha, RGB or RGBA of 8 or 16 bits, as the picture is; not interlaced.
Status encode_png(const Picture& picture, const EncodeOptions& options, ThreadTeam& team,
                  const ByteSink& sink);

/// FormatBackend::encoding_bytes.
int64_t png_encoding_bytes(int64_t row_bytes, int64_t height, int threads);

}  // namespace fovea::codecs
