// What the chunks of a PNG say beside its pixels, read and written.
#pragma once

#include <string>
#include <vector>

#include "tools/codecs/metadata.h"
#include "tools/codecs/png_chunks.h"

namespace fovea::codecs {

/// All but EXIF, which make_upright() reads. Chunks that are broken, and those beyond 64 MiB in
/// all, become warnings. Compressed text is kept as it is and never inflated.
Metadata read_png_metadata(const PngChunks& chunks, std::vector<std::string>& warnings);

/// The chunks that say it, to stand between IHDR and IDAT. kMemory.
Status put_png_metadata(const Metadata& metadata, std::vector<std::byte>& out);

}  // namespace fovea::codecs
