// Chunks of a PNG file, written one behind the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fovea::codecs {

/// Appends four bytes, the highest first.
void put_u32(std::vector<std::byte>& out, uint32_t value);

/// Begins a chunk of this type, of four letters; returns what end_chunk() wants.
size_t begin_chunk(std::vector<std::byte>& out, std::span<const char, 4> type);
size_t begin_chunk(std::vector<std::byte>& out, const char (&type)[5]);

/// Ends it: its length and checksum are filled in. Its payload is below 2^31 bytes.
void end_chunk(std::vector<std::byte>& out, size_t start);

}  // namespace fovea::codecs
