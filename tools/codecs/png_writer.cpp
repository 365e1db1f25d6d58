#include "tools/codecs/png_writer.h"

#include <zlib.h>

namespace fovea::codecs {

void put_u32(std::vector<std::byte>& out, uint32_t value) {
  for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<std::byte>(value >> shift));
}

// A chunk begins with its length and type and ends with a checksum over type and payload.
size_t begin_chunk(std::vector<std::byte>& out, std::span<const char, 4> type) {
  const size_t start = out.size();
  put_u32(out, 0);
  for (const char letter : type) out.push_back(static_cast<std::byte>(letter));
  return start;
}

size_t begin_chunk(std::vector<std::byte>& out, const char (&type)[5]) {
  return begin_chunk(out, std::span<const char, 4>(type, 4));
}

void end_chunk(std::vector<std::byte>& out, size_t start) {
  const auto payload = static_cast<uint32_t>(out.size() - start - 8);
  for (size_t i = 0; i < 4; ++i) out[start + i] = static_cast<std::byte>(payload >> (24 - 8 * i));
  const auto* sum_over = reinterpret_cast<const Bytef*>(out.data() + start + 4);
  put_u32(out, static_cast<uint32_t>(crc32(0, sum_over, payload + 4)));
}

}  // namespace fovea::codecs
