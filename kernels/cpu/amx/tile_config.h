// The shapes of the tile registers, as the processor reads them.
#pragma once

#include <cstdint>

namespace fovea::cpu {

/// What LDTILECFG loads (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1,
/// chapter 18, "Programming with Intel AMX"). Palette 1: eight tiles of up to 16 rows of up to 64
/// bytes.
struct alignas(64) TileConfig {
  static constexpr int kTiles = 8;
  static constexpr int kMaxRows = 16;
  static constexpr int kMaxRowBytes = 64;

  uint8_t palette;
  uint8_t start_row;  // where an interrupted load goes on; 0
  uint8_t reserved[14];
  uint16_t row_bytes[16];  // of tiles 0 ... 7; beyond them 0
  uint8_t rows[16];        // likewise
};
static_assert(sizeof(TileConfig) == 64, "the processor reads 64 bytes");

/// bf16 values as bits. They lie in scratch that other steps use for f32.
typedef uint16_t __attribute__((may_alias)) Bf16;

}  // namespace fovea::cpu
