#include <jerror.h>

#include <exception>

#include "tools/codecs/jpeg.h"
#include "tools/codecs/jpeg_error.h"

namespace fovea::codecs {
namespace {

// Optimised Huffman tables save about 5 % and need all coefficients at once, 6 bytes a pixel. Above
// this many pixels (384 MiB of coefficients) the standard tables are used and rows go straight out.
constexpr int64_t kMaxOptimisedPixels = int64_t{64} << 20;

constexpr size_t kFirstBytes = size_t{64} << 10;
constexpr int kNoMemory = -1;

// libjpeg's own memory destination frees its buffer on growing and tells the caller only at the
// end, so that after an error nobody can free it. This one grows a vector.
struct VectorDestination {
  jpeg_destination_mgr
      base;  // first, so that libjpeg's pointer to it is a pointer to VectorDestination
  std::vector<std::byte> bytes;

  bool grow(size_t size) noexcept {
    try {
      bytes.resize(size);
      return true;
    } catch (const std::exception&) {
      return false;
    }
  }
  void hand_out(size_t from) {
    base.next_output_byte = reinterpret_cast<JOCTET*>(bytes.data()) + from;
    base.free_in_buffer = bytes.size() - from;
  }
};

VectorDestination& destination_of(j_compress_ptr info) {
  return *reinterpret_cast<VectorDestination*>(info->dest);
}

void begin(j_compress_ptr info) {
  VectorDestination& destination = destination_of(info);
  if (!destination.grow(kFirstBytes)) {
    reinterpret_cast<JpegErrors*>(info->err)->give_up(kNoMemory, "no memory");
  }
  destination.hand_out(0);
}

// libjpeg calls this when the buffer is full to the last byte, whatever free_in_buffer says.
boolean continue_when_full(j_compress_ptr info) {
  VectorDestination& destination = destination_of(info);
  const size_t full = destination.bytes.size();
  if (!destination.grow(2 * full)) {
    reinterpret_cast<JpegErrors*>(info->err)->give_up(kNoMemory, "no memory");
  }
  destination.hand_out(full);
  return TRUE;
}

void end(j_compress_ptr info) {
  VectorDestination& destination = destination_of(info);
  destination.bytes.resize(destination.bytes.size() - info->dest->free_in_buffer);
}

struct Compressor {
  JpegErrors errors;
  VectorDestination destination;
  jpeg_compress_struct info{};

  Compressor() = default;
  ~Compressor() { jpeg_destroy_compress(&info); }  // safe on an object that was never created
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;
};

void write_all(jpeg_compress_struct& info, const Picture& picture, int quality) {
  const bool gray = picture.channels() == 1;
  info.image_width = static_cast<JDIMENSION>(picture.width());
  info.image_height = static_cast<JDIMENSION>(picture.height());
  info.input_components = picture.channels();
  info.in_color_space = gray ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  for (int i = 0; i < info.num_components; ++i) {  // 4:4:4
    info.comp_info[i].h_samp_factor = 1;
    info.comp_info[i].v_samp_factor = 1;
  }
  info.optimize_coding = picture.size().area() <= kMaxOptimisedPixels ? TRUE : FALSE;
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    // libjpeg's rows lack const; it only reads them.
    JSAMPROW row = const_cast<JSAMPROW>(picture.row_bytes(info.next_scanline));
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
}

}  // namespace

Result<std::vector<std::byte>> encode_jpeg(const Picture& picture, const EncodeOptions& options) {
  Compressor jpeg;
  jpeg_compress_struct& info = jpeg.info;
  info.err = jpeg.errors.install();
  jpeg.destination.base.init_destination = begin;
  jpeg.destination.base.empty_output_buffer = continue_when_full;
  jpeg.destination.base.term_destination = end;
  const bool written = jpeg.errors.guarded([&] {
    jpeg_create_compress(&info);
    info.dest = &jpeg.destination.base;
    write_all(info, picture, options.quality);
  });
  if (written) return std::move(jpeg.destination.bytes);
  if (jpeg.errors.code == kNoMemory || jpeg.errors.code == JERR_OUT_OF_MEMORY) {
    return fail(ErrorCode::kMemory, "no memory to write this JPEG; free some");
  }
  return fail(ErrorCode::kOutput, "libjpeg could not write this JPEG: {}", jpeg.errors.message);
}

}  // namespace fovea::codecs
