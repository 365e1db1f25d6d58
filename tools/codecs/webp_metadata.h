// What the chunks of a WebP file say beside its pixels, read and written.
#pragma once

#include <webp/demux.h>

#include <cstddef>
#include <vector>

#include "engine/status.h"
#include "tools/codecs/metadata.h"

namespace fovea::codecs {

/// All but EXIF, which make_upright() reads.
Metadata read_webp_metadata(const WebPDemuxer& demuxer);

/// `file`, which libwebp wrote, with chunks that say it. kMemory.
Result<std::vector<std::byte>> with_webp_metadata(std::vector<std::byte> file,
                                                  const Metadata& metadata);

}  // namespace fovea::codecs
