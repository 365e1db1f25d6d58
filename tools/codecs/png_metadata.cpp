#include "tools/codecs/png_metadata.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>

#include "tools/codecs/png_writer.h"

namespace fovea::codecs {
namespace {

// The largest profiles there are, of printers, take some megabytes.
constexpr size_t kMaxProfileBytes = size_t{16} << 20;
constexpr size_t kMaxKeptBytes = size_t{64} << 20;
constexpr size_t kMaxKeyword = 79;
constexpr std::string_view kXmpKeyword = "XML:com.adobe.xmp";
constexpr uint8_t kPerMetre = 1;

constexpr size_t kBeforePayload = 8, kAfterPayload = 4;

Bytes payload_of(Bytes chunk) {
  return chunk.subspan(kBeforePayload, chunk.size() - kBeforePayload - kAfterPayload);
}

uint32_t u32_at(Bytes bytes, size_t offset) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | std::to_integer<uint32_t>(bytes[offset + i]);
  return value;
}

bool is_whole(Bytes chunk) {
  const auto* covered = reinterpret_cast<const Bytef*>(chunk.data() + 4);
  const uLong sum = crc32(0, covered, static_cast<uInt>(chunk.size() - kBeforePayload));
  return sum == u32_at(chunk, chunk.size() - kAfterPayload);
}

// Where the text that ends with a zero ends; the payload's size when none does.
size_t text_end(Bytes payload, size_t from = 0) {
  const auto begin = payload.begin() + static_cast<std::ptrdiff_t>(std::min(from, payload.size()));
  return static_cast<size_t>(std::find(begin, payload.end(), std::byte{0}) - payload.begin());
}

std::vector<std::byte> copy_of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

// A zlib stream of at most kMaxProfileBytes; empty when it is broken or longer.
std::vector<std::byte> inflated(Bytes stream_bytes) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return {};
  const std::unique_ptr<z_stream, decltype(&inflateEnd)> guard(&stream, &inflateEnd);
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(stream_bytes.data()));
  stream.avail_in = static_cast<uInt>(stream_bytes.size());
  std::vector<std::byte> out;
  int state = Z_OK;
  while (state == Z_OK) {
    const size_t done = out.size();
    if (done >= kMaxProfileBytes) return {};
    out.resize(std::clamp(2 * done, size_t{4096}, kMaxProfileBytes));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + done);
    stream.avail_out = static_cast<uInt>(out.size() - done);
    state = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
    if (state == Z_OK && stream.avail_in == 0 && stream.avail_out > 0) return {};
  }
  if (state != Z_STREAM_END) return {};
  return out;
}

// iCCP: name, zero, method 0, zlib stream.
std::vector<std::byte> profile_in(Bytes payload) {
  const size_t name = text_end(payload);
  if (name > kMaxKeyword || name + 2 > payload.size()) return {};
  if (payload[name + 1] != std::byte{0}) return {};
  return inflated(payload.subspan(name + 2));
}

// iTXt: keyword, zero, flag, method, language, zero, translated keyword, zero, text. Nothing where
// it is another text than an uncompressed XMP packet.
Bytes xmp_in(Bytes payload) {
  const size_t end = text_end(payload);
  const std::string_view keyword(reinterpret_cast<const char*>(payload.data()), end);
  if (keyword != kXmpKeyword || end + 3 > payload.size()) return {};
  if (payload[end + 1] != std::byte{0}) return {};
  const size_t language = text_end(payload, end + 3);
  const size_t translated = text_end(payload, language + 1);
  if (translated >= payload.size()) return {};
  return payload.subspan(translated + 1);
}

void put(std::vector<std::byte>& out, std::string_view text) {
  for (const char c : text) out.push_back(static_cast<std::byte>(c));
}

void put(std::vector<std::byte>& out, const std::vector<std::byte>& bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

Status put_profile(const std::vector<std::byte>& profile, std::vector<std::byte>& out) {
  const size_t start = begin_chunk(out, "iCCP");
  put(out, std::string_view("ICC profile\0\0", 13));  // its name, and method 0
  uLongf packed = compressBound(static_cast<uLong>(profile.size()));
  const size_t at = out.size();
  out.resize(at + packed);
  if (compress(reinterpret_cast<Bytef*>(out.data() + at), &packed,
               reinterpret_cast<const Bytef*>(profile.data()),
               static_cast<uLong>(profile.size())) != Z_OK)
    return fail(ErrorCode::kMemory, "no memory to write its colour profile; free some");
  out.resize(at + packed);
  end_chunk(out, start);
  return {};
}

}  // namespace

Metadata read_png_metadata(const PngChunks& chunks, std::vector<std::string>& warnings) {
  Metadata metadata;
  size_t kept = 0;
  for (const Bytes chunk : chunks.metadata) {
    const Bytes payload = payload_of(chunk);
    PngChunk copy;
    std::memcpy(copy.type.data(), chunk.data() + 4, 4);
    const std::string_view type(copy.type.data(), 4);
    if (!is_whole(chunk)) {
      warnings.push_back(fmt::format("broken chunk {} ignored", type));
      continue;
    }
    if (type == "iCCP") {
      if (metadata.profile.empty()) metadata.profile = profile_in(payload);
      if (metadata.profile.empty()) warnings.emplace_back("broken colour profile ignored");
      continue;
    }
    if (type == "pHYs") {
      if (payload.size() == 9 && payload[8] == std::byte{kPerMetre} && u32_at(payload, 0) > 0 &&
          u32_at(payload, 4) > 0)
        metadata.density = Density{u32_at(payload, 0), u32_at(payload, 4)};
      continue;
    }
    kept += payload.size();
    if (kept > kMaxKeptBytes) {
      warnings.push_back(
          fmt::format("texts of more than {} MiB are not carried over", kMaxKeptBytes >> 20));
      break;
    }
    const Bytes xmp = type == "iTXt" ? xmp_in(payload) : Bytes();
    if (!xmp.empty() && metadata.xmp.empty()) {
      metadata.xmp = copy_of(xmp);
      continue;
    }
    copy.payload = copy_of(payload);
    metadata.png_chunks.push_back(std::move(copy));
  }
  return metadata;
}

Status put_png_metadata(const Metadata& metadata, std::vector<std::byte>& out) {
  if (!metadata.profile.empty()) FOVEA_TRY(put_profile(metadata.profile, out));
  if (metadata.density) {
    const size_t start = begin_chunk(out, "pHYs");
    put_u32(out, metadata.density->x);
    put_u32(out, metadata.density->y);
    out.push_back(std::byte{kPerMetre});
    end_chunk(out, start);
  }
  for (const PngChunk& chunk : metadata.png_chunks) {
    const size_t start = begin_chunk(out, std::span<const char, 4>(chunk.type));
    put(out, chunk.payload);
    end_chunk(out, start);
  }
  if (!metadata.xmp.empty()) {
    const size_t start = begin_chunk(out, "iTXt");
    put(out, kXmpKeyword);
    put(out, std::string_view("\0\0\0\0\0", 5));  // not compressed; no language, no translation
    put(out, metadata.xmp);
    end_chunk(out, start);
  }
  if (!metadata.exif.empty()) {
    const size_t start = begin_chunk(out, "eXIf");
    put(out, metadata.exif);
    end_chunk(out, start);
  }
  return {};
}

}  // namespace fovea::codecs
