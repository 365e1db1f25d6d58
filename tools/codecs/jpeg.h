// JPEG through libjpeg-turbo.
#pragma once

#include "tools/codecs/backends.h"

namespace fovea::codecs {

/// Baseline, extended and progressive 8-bit JPEG: gray stays gray, all else becomes RGB; CMYK and
/// YCCK by their colour profile, and about so where they have none, which a warning says. Anything
/// the decoder has to guess (damage, a missing end) is kPicture, as are 12-bit, lossless and
/// arithmetic-coded files and absurd numbers of scans.
Result<Decoded> decode_jpeg(Bytes bytes, const Limits& limits);

/// Gray or RGB of 8 bits: baseline, 4:4:4, the standard's Huffman tables, a restart marker every
/// 32 rows.
Status encode_jpeg(const Picture& picture, const EncodeOptions& options, ThreadTeam& team,
                   const ByteSink& sink);

/// FormatBackend::encoding_bytes.
int64_t jpeg_encoding_bytes(int64_t row_bytes, int64_t height, int threads);

}  // namespace fovea::codecs
