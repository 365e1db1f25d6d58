#include "tools/codecs/png.h"

#include <spng.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>

#include "tools/codecs/png_chunks.h"
#include "tools/codecs/png_idat.h"
#include "tools/codecs/png_metadata.h"

namespace fovea::codecs {
namespace {

// What libspng may keep of one chunk and of all. Only critical chunks and tRNS reach it, all of
// them small but IDAT, which it reads in pieces.
constexpr size_t kMaxChunkBytes = size_t{4} << 20;

using Context = std::unique_ptr<spng_ctx, decltype(&spng_ctx_free)>;

tl::unexpected<Error> broken(int code) {
  // zlib fails to begin, and to go through a stream that check_image_data() has been through, only
  // where it gets no memory.
  if (code == SPNG_EMEM || code == SPNG_EZLIB_INIT || code == SPNG_EIDAT_STREAM)
    return fail(ErrorCode::kMemory, "no memory to read this PNG; free some");
  return fail(ErrorCode::kPicture, "broken PNG: {}; get the file again", spng_strerror(code));
}

// Feeds libspng the runs of a file, as if what lies between them were not there.
struct RunReader {
  const std::vector<Bytes>& runs;
  size_t run = 0;
  size_t offset = 0;

  static int read(spng_ctx*, void* user, void* out, size_t length) {
    auto& self = *static_cast<RunReader*>(user);
    auto* next = static_cast<std::byte*>(out);
    while (length > 0) {
      if (self.run == self.runs.size()) return SPNG_IO_EOF;
      const Bytes rest = self.runs[self.run].subspan(self.offset);
      const size_t count = std::min(length, rest.size());
      std::memcpy(next, rest.data(), count);
      next += count;
      length -= count;
      self.offset += count;
      if (count == rest.size()) {
        ++self.run;
        self.offset = 0;
      }
    }
    return 0;
  }
};

// What libspng is to make of a file, and the shape of that.
struct Target {
  int format;
  int channels;
  int bit_depth;
};

Target choose_target(const PngHeader& header, bool transparency) {
  const bool wide = header.bit_depth == 16;
  const int depth = wide ? 16 : 8;
  switch (header.colour_type) {
    case SPNG_COLOR_TYPE_GRAYSCALE:
      if (transparency) return {wide ? SPNG_FMT_GA16 : SPNG_FMT_GA8, 2, depth};
      return {wide ? SPNG_FMT_PNG : SPNG_FMT_G8, 1, depth};
    case SPNG_COLOR_TYPE_GRAYSCALE_ALPHA:
      return {SPNG_FMT_PNG, 2, depth};
    case SPNG_COLOR_TYPE_TRUECOLOR:
      if (transparency) return {wide ? SPNG_FMT_RGBA16 : SPNG_FMT_RGBA8, 4, depth};
      return {SPNG_FMT_PNG, 3, depth};
    case SPNG_COLOR_TYPE_INDEXED:
      if (transparency) return {SPNG_FMT_RGBA8, 4, 8};
      return {SPNG_FMT_RGB8, 3, 8};
    default:
      return {SPNG_FMT_PNG, 4, depth};
  }
}

// True when the file's tRNS is one that libspng accepts; it drops a malformed one without a word.
Result<bool> find_transparency(spng_ctx* context, PngChunks& chunks) {
  spng_trns transparency;
  const int status = spng_get_trns(context, &transparency);
  if (status == 0) return true;
  if (status != SPNG_ECHUNKAVAIL) return broken(status);
  if (chunks.has_transparency) {
    chunks.warnings.push_back("broken transparency (tRNS) ignored");
  }
  return false;
}

}  // namespace

Result<Decoded> decode_png(Bytes bytes, const Limits& limits) {
  FOVEA_ASSIGN_OR_RETURN(PngChunks chunks, scan_png(bytes, limits));
  FOVEA_TRY(check_image_data(chunks));

  const Context context(spng_ctx_new(0), &spng_ctx_free);
  if (!context) return broken(SPNG_EMEM);
  RunReader reader{chunks.pixel_runs};
  // Sides are checked by scan_png; libspng's own limits stay as a second line.
  const auto side = static_cast<uint32_t>(
      std::min<int64_t>(limits.max_side, std::numeric_limits<int32_t>::max()));
  int status = spng_set_image_limits(context.get(), side, side);
  if (status == 0) status = spng_set_chunk_limits(context.get(), kMaxChunkBytes, kMaxChunkBytes);
  // By default a wrong checksum silently drops a tRNS chunk, and with it the picture's alpha.
  if (status == 0) status = spng_set_crc_action(context.get(), SPNG_CRC_ERROR, SPNG_CRC_ERROR);
  if (status == 0) status = spng_set_png_stream(context.get(), &RunReader::read, &reader);
  if (status != 0) return broken(status);

  FOVEA_ASSIGN_OR_RETURN(const bool transparency, find_transparency(context.get(), chunks));
  const Target target = choose_target(chunks.header, transparency);
  Decoded decoded;
  FOVEA_ASSIGN_OR_RETURN(
      decoded.picture, Picture::create({chunks.header.height, chunks.header.width}, target.channels,
                                       target.bit_depth));
  Picture& picture = decoded.picture;
  const size_t size = static_cast<size_t>(picture.row_byte_count() * picture.height());
  size_t needed = 0;
  status = spng_decoded_image_size(context.get(), target.format, &needed);
  if (status != 0) return broken(status);
  if (needed != size) return broken(SPNG_EBUFSIZ);
  status = spng_decode_image(context.get(), picture.row_bytes(0), size, target.format,
                             transparency ? SPNG_DECODE_TRNS : 0);
  if (status == 0) status = spng_decode_chunks(context.get());  // checksums up to IEND
  if (status != 0) return broken(status);

  decoded.warnings = std::move(chunks.warnings);
  if (chunks.animated) decoded.warnings.push_back("animated PNG: only its still picture is used");
  decoded.metadata = read_png_metadata(chunks, decoded.warnings);
  if (!chunks.exif.empty()) FOVEA_TRY(make_upright(chunks.exif, decoded));
  return decoded;
}

}  // namespace fovea::codecs
