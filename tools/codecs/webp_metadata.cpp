#include "tools/codecs/webp_metadata.h"

#include <webp/mux.h>

#include <memory>

namespace fovea::codecs {
namespace {

using Mux = std::unique_ptr<WebPMux, decltype(&WebPMuxDelete)>;

// Bytes that libwebpmux allocated.
struct MuxBytes {
  WebPData data{};
  ~MuxBytes() { WebPDataClear(&data); }
};

WebPData view_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

std::vector<std::byte> copy_of(const WebPData& data) {
  const auto* first = reinterpret_cast<const std::byte*>(data.bytes);
  return {first, first + data.size};
}

// The first chunk of this kind; empty when there is none.
std::vector<std::byte> chunk_in(const WebPDemuxer& demuxer, const char (&kind)[5]) {
  WebPChunkIterator found{};
  std::vector<std::byte> bytes;
  if (WebPDemuxGetChunk(&demuxer, kind, 1, &found)) bytes = copy_of(found.chunk);
  WebPDemuxReleaseChunkIterator(&found);
  return bytes;
}

}  // namespace

Metadata read_webp_metadata(const WebPDemuxer& demuxer) {
  Metadata metadata;
  const uint32_t flags = WebPDemuxGetI(&demuxer, WEBP_FF_FORMAT_FLAGS);
  if ((flags & ICCP_FLAG) != 0) metadata.profile = chunk_in(demuxer, "ICCP");
  if ((flags & XMP_FLAG) != 0) metadata.xmp = chunk_in(demuxer, "XMP ");
  return metadata;
}

Result<std::vector<std::byte>> with_webp_metadata(std::vector<std::byte> file,
                                                  const Metadata& metadata) {
  if (metadata.profile.empty() && metadata.exif.empty() && metadata.xmp.empty()) return file;
  const WebPData pixels = view_of(file);
  const Mux mux(WebPMuxCreate(&pixels, 0), &WebPMuxDelete);  // 0: `file` outlives it
  bool made = mux != nullptr;
  const auto set = [&](const char(&kind)[5], const std::vector<std::byte>& bytes) {
    if (!made || bytes.empty()) return;
    const WebPData data = view_of(bytes);
    made = WebPMuxSetChunk(mux.get(), kind, &data, 0) == WEBP_MUX_OK;
  };
  set("ICCP", metadata.profile);
  set("EXIF", metadata.exif);
  set("XMP ", metadata.xmp);
  MuxBytes assembled;
  if (!made || WebPMuxAssemble(mux.get(), &assembled.data) != WEBP_MUX_OK)
    return fail(ErrorCode::kMemory, "no memory to write this WebP; free some");
  return copy_of(assembled.data);
}

}  // namespace fovea::codecs
