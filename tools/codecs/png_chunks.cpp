#include "tools/codecs/png_chunks.h"

#include <fmt/format.h>

#include <cstring>

namespace fovea::codecs {
namespace {

constexpr size_t kSignatureBytes = 8;
constexpr size_t kChunkOverhead = 12;              // length u32, type u32, CRC u32
constexpr size_t kHeaderBytes = 13;                // IHDR's payload
constexpr size_t kMaxExifBytes = size_t{4} << 20;  // a camera's is under 64 KiB

constexpr const char* kMetadata[] = {"iCCP", "sRGB", "gAMA", "cHRM", "cICP", "mDCV",
                                     "cLLI", "pHYs", "tEXt", "zTXt", "iTXt"};

uint32_t read_u32(Bytes bytes, size_t offset) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) {
    value = value << 8 | std::to_integer<uint32_t>(bytes[offset + i]);
  }
  return value;
}

bool is_type(Bytes chunk, const char* type) { return std::memcmp(chunk.data() + 4, type, 4) == 0; }

// The fifth bit of a type's first letter is 0 (upper case) for chunks that may not be ignored.
bool is_critical(Bytes chunk) { return (std::to_integer<unsigned>(chunk[4]) & 0x20u) == 0; }

// The type for a message; unprintable bytes of a broken file as '?'.
std::string type_name(Bytes chunk) {
  std::string name;
  for (size_t i = 4; i < 8; ++i) {
    const char c = static_cast<char>(chunk[i]);
    name += c > ' ' && c <= '~' ? c : '?';
  }
  return name;
}

Result<PngHeader> parse_header(Bytes payload) {
  PngHeader header;
  header.width = read_u32(payload, 0);
  header.height = read_u32(payload, 4);
  header.bit_depth = std::to_integer<int>(payload[8]);
  header.colour_type = std::to_integer<int>(payload[9]);
  const int compression = std::to_integer<int>(payload[10]);
  const int filter = std::to_integer<int>(payload[11]);
  const int interlace = std::to_integer<int>(payload[12]);
  const int depth = header.bit_depth;
  const int colour = header.colour_type;
  const bool full_depth = depth == 8 || depth == 16;
  const bool low_depth = depth == 1 || depth == 2 || depth == 4;
  const bool known = (colour == 0 && (full_depth || low_depth)) ||
                     (colour == 3 && (depth == 8 || low_depth)) ||
                     ((colour == 2 || colour == 4 || colour == 6) && full_depth);
  if (!known) {
    return fail(ErrorCode::kPicture,
                "broken PNG: colour type {} with {} bits is none the standard has; get the file "
                "again",
                colour, depth);
  }
  if (compression != 0 || filter != 0 || interlace > 1) {
    return fail(ErrorCode::kPicture,
                "broken PNG: compression {}, filter {}, interlace {} (0, 0, and 0 or 1); get the "
                "file again",
                compression, filter, interlace);
  }
  header.interlaced = interlace == 1;
  return header;
}

// Sorts one whole chunk (length to CRC) into `chunks`.
void sort_chunk(Bytes chunk, PngChunks& chunks) {
  const Bytes payload = chunk.subspan(8, chunk.size() - kChunkOverhead);
  if (is_type(chunk, "tRNS")) chunks.has_transparency = true;
  if (is_type(chunk, "iCCP")) chunks.has_profile = true;
  for (const char* kept : kMetadata) {
    if (is_type(chunk, kept)) chunks.metadata.push_back(chunk);
  }
  if (is_type(chunk, "acTL")) chunks.animated = true;
  if (is_type(chunk, "eXIf")) {
    if (payload.size() <= kMaxExifBytes) {
      chunks.exif = payload;
    } else {
      chunks.warnings.push_back(
          fmt::format("EXIF ignored: {} bytes (limit {})", payload.size(), kMaxExifBytes));
    }
  }
  if (!is_critical(chunk) && !is_type(chunk, "tRNS")) return;
  Bytes& last = chunks.pixel_runs.back();
  if (last.data() + last.size() == chunk.data()) {
    last = Bytes(last.data(), last.size() + chunk.size());
  } else {
    chunks.pixel_runs.push_back(chunk);
  }
}

}  // namespace

Bytes IdatWalk::next() {
  for (; run_ < runs_.size(); ++run_, offset_ = 0) {
    const Bytes run = runs_[run_];
    while (offset_ < run.size()) {
      const Bytes chunk = run.subspan(offset_, read_u32(run, offset_) + kChunkOverhead);
      offset_ += chunk.size();
      if (is_type(chunk, "IDAT") && chunk.size() > kChunkOverhead) {
        return chunk.subspan(8, chunk.size() - kChunkOverhead);
      }
    }
  }
  return {};
}

Result<PngChunks> scan_png(Bytes file, const Limits& limits) {
  if (file.size() < kSignatureBytes ||
      std::memcmp(file.data(), "\x89PNG\r\n\x1a\n", kSignatureBytes) != 0) {
    return fail(ErrorCode::kPicture,
                "broken PNG: its signature is damaged, as by a transfer in text mode; get the file "
                "again in binary mode");
  }
  PngChunks chunks;
  chunks.pixel_runs.push_back(file.first(kSignatureBytes));
  size_t offset = kSignatureBytes;
  while (true) {
    const size_t left = file.size() - offset;
    const size_t payload = left < kChunkOverhead ? 0 : read_u32(file, offset);
    if (left < kChunkOverhead || payload > left - kChunkOverhead) {
      return fail(ErrorCode::kPicture,
                  "cut off PNG: the file ends at byte {}, inside or before a chunk at byte {}; get "
                  "the file again",
                  file.size(), offset);
    }
    const Bytes chunk = file.subspan(offset, payload + kChunkOverhead);
    if (offset == kSignatureBytes) {
      if (!is_type(chunk, "IHDR") || payload != kHeaderBytes) {
        return fail(ErrorCode::kPicture,
                    "broken PNG: it begins with a chunk '{}' of {} bytes (IHDR of {}); get the "
                    "file again",
                    type_name(chunk), payload, kHeaderBytes);
      }
      FOVEA_ASSIGN_OR_RETURN(chunks.header, parse_header(chunk.subspan(8, kHeaderBytes)));
      FOVEA_TRY(check_size(chunks.header.width, chunks.header.height, limits));
    }
    sort_chunk(chunk, chunks);
    if (is_type(chunk, "IEND")) return chunks;  // what follows is not part of the picture
    offset += chunk.size();
  }
}

}  // namespace fovea::codecs
