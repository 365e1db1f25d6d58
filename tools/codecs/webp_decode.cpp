#include <fmt/format.h>
#include <webp/decode.h>
#include <webp/demux.h>

#include <memory>

#include "tools/codecs/measure.h"
#include "tools/codecs/webp.h"
#include "tools/codecs/webp_metadata.h"

namespace fovea::codecs {
namespace {

using Demuxer = std::unique_ptr<WebPDemuxer, decltype(&WebPDemuxDelete)>;

tl::unexpected<Error> failed(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY:
      return fail(ErrorCode::kMemory, "no memory to read this WebP; free some");
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
      return fail(ErrorCode::kPicture, "cut off WebP: its pixels end early; get the file again");
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return fail(ErrorCode::kPicture,
                  "WebP of a kind that libwebp does not read; convert it to PNG");
    default:
      return fail(ErrorCode::kPicture,
                  "broken WebP: damage in its pixels (libwebp status {}); get "
                  "the file again",
                  static_cast<int>(status));
  }
}

// The file's parts, all of them there and well-formed.
Result<Demuxer> open(Bytes bytes) {
  const WebPData data{reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
  WebPDemuxState state = WEBP_DEMUX_PARSE_ERROR;
  Demuxer demuxer(WebPDemuxPartial(&data, &state), &WebPDemuxDelete);
  if (state == WEBP_DEMUX_PARSING_HEADER || state == WEBP_DEMUX_PARSED_HEADER) {
    return fail(ErrorCode::kPicture, "cut off WebP: the file ends at byte {}; get the file again",
                bytes.size());
  }
  if (!demuxer || state != WEBP_DEMUX_DONE) {
    return fail(ErrorCode::kPicture,
                "broken WebP: its parts do not fit together; get the file again");
  }
  return demuxer;
}

// Frees the iterators that libwebpdemux hands out by value.
struct Frame {
  WebPIterator iterator{};
  ~Frame() { WebPDemuxReleaseIterator(&iterator); }
};
struct Chunk {
  WebPChunkIterator iterator{};
  ~Chunk() { WebPDemuxReleaseChunkIterator(&iterator); }
};

// Decodes `frame` to its place on `picture`, RGB or RGBA as the picture is.
Status decode_frame(const WebPIterator& frame, Picture& picture) {
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) {
    return fail(ErrorCode::kPicture, "libwebp's library and headers are of different versions");
  }
  const int channels = picture.channels();
  const size_t row_bytes = static_cast<size_t>(picture.row_byte_count());
  config.output.colorspace = channels == 4 ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = picture.row_bytes(frame.y_offset) + frame.x_offset * channels;
  config.output.u.RGBA.stride = static_cast<int>(row_bytes);
  config.output.u.RGBA.size = row_bytes * static_cast<size_t>(frame.height - 1) +
                              static_cast<size_t>(frame.width * channels);
  const VP8StatusCode status = WebPDecode(frame.fragment.bytes, frame.fragment.size, &config);
  WebPFreeDecBuffer(&config.output);
  if (status != VP8_STATUS_OK) return failed(status);
  return {};
}

Bytes exif_of(const Demuxer& demuxer, Chunk& chunk) {
  const bool is_there = (WebPDemuxGetI(demuxer.get(), WEBP_FF_FORMAT_FLAGS) & EXIF_FLAG) != 0 &&
                        WebPDemuxGetChunk(demuxer.get(), "EXIF", 1, &chunk.iterator);
  if (!is_there) return {};
  const WebPData& block = chunk.iterator.chunk;
  return {reinterpret_cast<const std::byte*>(block.bytes), block.size};
}

}  // namespace

Result<Size> measure_webp(Bytes bytes, const Limits& limits) {
  FOVEA_ASSIGN_OR_RETURN(const Demuxer demuxer, open(bytes));
  const int64_t width = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_WIDTH);
  const int64_t height = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_HEIGHT);
  FOVEA_TRY(check_size(width, height, limits));
  Chunk chunk;
  return upright_size({height, width}, exif_of(demuxer, chunk));
}

Result<Decoded> decode_webp(Bytes bytes, const Limits& limits) {
  FOVEA_ASSIGN_OR_RETURN(const Demuxer demuxer, open(bytes));
  const int64_t width = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_WIDTH);
  const int64_t height = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_HEIGHT);
  const uint32_t flags = WebPDemuxGetI(demuxer.get(), WEBP_FF_FORMAT_FLAGS);
  FOVEA_TRY(check_size(width, height, limits));

  Frame frame;
  if (!WebPDemuxGetFrame(demuxer.get(), 1, &frame.iterator) || !frame.iterator.complete) {
    return fail(ErrorCode::kPicture, "broken WebP: it holds no whole picture; get the file again");
  }
  const WebPIterator& first = frame.iterator;
  if (first.x_offset < 0 || first.y_offset < 0 || first.width < 1 || first.height < 1 ||
      first.x_offset + int64_t{first.width} > width ||
      first.y_offset + int64_t{first.height} > height) {
    return fail(ErrorCode::kPicture,
                "broken WebP: a frame of {} x {} at {}, {} does not lie on its canvas of {} x {}; "
                "get the file again",
                first.width, first.height, first.x_offset, first.y_offset, width, height);
  }
  // What the first frame of an animation leaves free of its canvas is transparent.
  const bool covers = first.width == width && first.height == height;
  Decoded decoded;
  FOVEA_ASSIGN_OR_RETURN(decoded.picture,
                         Picture::create({height, width}, first.has_alpha || !covers ? 4 : 3, 8));
  FOVEA_TRY(decode_frame(first, decoded.picture));

  if ((flags & ANIMATION_FLAG) != 0) {
    decoded.warnings.push_back(fmt::format("animated WebP: only the first of its {} frames is used",
                                           WebPDemuxGetI(demuxer.get(), WEBP_FF_FRAME_COUNT)));
  }
  decoded.metadata = read_webp_metadata(*demuxer);
  Chunk chunk;
  const Bytes exif = exif_of(demuxer, chunk);
  if (!exif.empty()) FOVEA_TRY(make_upright(exif, decoded));
  return decoded;
}

}  // namespace fovea::codecs
