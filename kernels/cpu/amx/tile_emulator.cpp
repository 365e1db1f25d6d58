#include "kernels/cpu/amx/tile_emulator.h"

#include <atomic>
#include <bit>
#include <cmath>
#include <cstring>

namespace fovea::cpu::emulated_tiles {
namespace {

constexpr int kRows = TileConfig::kMaxRows;
constexpr int kColumns = TileConfig::kMaxRowBytes / 4;

// A row is 16 words of 32 bits: f32 values or pairs of bf16, the first in the lower half.
struct Tile {
  uint32_t words[kRows][kColumns];
};

struct Registers {
  TileConfig config{};  // palette 0: not configured
  Tile tiles[TileConfig::kTiles]{};
};

thread_local Registers registers;
std::atomic<const char*> first_misuse{nullptr};

void note_misuse(const char* what) {
  const char* none = nullptr;
  first_misuse.compare_exchange_strong(none, what);
}

bool is_usable(int tile) {
  if (registers.config.palette == 0) {
    note_misuse("a tile is used before tiles are configured");
    return false;
  }
  if (tile < 0 || tile >= TileConfig::kTiles) {
    note_misuse("a tile beyond the eight of palette 1");
    return false;
  }
  if (registers.config.rows[tile] == 0) {
    note_misuse("a tile is used that the configuration leaves out");
    return false;
  }
  return true;
}

const char* wrong_in(const TileConfig& config) {
  if (config.palette != 1) return "the palette is not 1";
  if (config.start_row != 0) return "the start row is not 0";
  for (const uint8_t byte : config.reserved) {
    if (byte != 0) return "reserved bytes of the configuration are not 0";
  }
  for (int tile = 0; tile < 16; ++tile) {
    const int rows = config.rows[tile];
    const int row_bytes = config.row_bytes[tile];
    if (tile >= TileConfig::kTiles && (rows != 0 || row_bytes != 0))
      return "a shape for a tile beyond the eight of palette 1";
    if (rows > TileConfig::kMaxRows) return "more than 16 rows";
    if (row_bytes > TileConfig::kMaxRowBytes) return "more than 64 bytes a row";
    if ((rows == 0) != (row_bytes == 0)) return "a tile of rows without bytes or the reverse";
  }
  return nullptr;
}

constexpr uint32_t kSign = 0x80000000u;
constexpr uint32_t kExponent = 0x7f800000u;

float flush_denormal(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  return std::bit_cast<float>((bits & kExponent) == 0 ? bits & kSign : bits);
}

// Zero, or a magnitude in [2^-50, 2^61). Products of two such values have 16 significant bits and
// lie in [2^-100, 2^122): they are exact, sums of 16 do not overflow, and what is left when some
// cancel is a multiple of 2^-114, never a denormal. So a product and a sum give what a fused
// multiply-add that flushes denormals gives, and the compiler may use vectors.
bool is_moderate(uint32_t bits) {
  const uint32_t exponent = (bits & kExponent) >> 23;
  return (bits & ~kSign) == 0 || (exponent >= 127 - 50 && exponent <= 127 + 60);
}

// The pairs of a tile as two tiles of f32, denormals flushed; whether all are moderate.
struct Halves {
  float even[kRows][kColumns];
  float odd[kRows][kColumns];
};

bool decode(const Tile& tile, Halves& halves) {
  bool moderate = true;
  for (int r = 0; r < kRows; ++r) {
    for (int c = 0; c < kColumns; ++c) {
      halves.even[r][c] = flush_denormal(std::bit_cast<float>(tile.words[r][c] << 16));
      halves.odd[r][c] = flush_denormal(std::bit_cast<float>(tile.words[r][c] & 0xffff0000u));
      moderate &= is_moderate(std::bit_cast<uint32_t>(halves.even[r][c]));
      moderate &= is_moderate(std::bit_cast<uint32_t>(halves.odd[r][c]));
    }
  }
  return moderate;
}

// One row of A times B. Registers beyond a tile's shape hold zeros, which are multiplied along.
struct RowSums {
  float even[kColumns];
  float odd[kColumns];
};

void multiply_moderate_row(const float* a_even, const float* a_odd, int pairs, const Halves& b,
                           RowSums& sums) {
  RowSums s{};
  for (int k = 0; k < pairs; ++k) {
    for (int n = 0; n < kColumns; ++n) s.even[n] += a_even[k] * b.even[k][n];
    for (int n = 0; n < kColumns; ++n) s.odd[n] += a_odd[k] * b.odd[k][n];
  }
  sums = s;
}

void multiply_any_row(const float* a_even, const float* a_odd, int pairs, const Halves& b,
                      RowSums& sums) {
  sums = {};
  for (int k = 0; k < pairs; ++k) {
    for (int n = 0; n < kColumns; ++n) {
      sums.even[n] = flush_denormal(std::fma(a_even[k], b.even[k][n], sums.even[n]));
      sums.odd[n] = flush_denormal(std::fma(a_odd[k], b.odd[k][n], sums.odd[n]));
    }
  }
}

}  // namespace

void configure(const TileConfig& config) {
  if (const char* wrong = wrong_in(config)) return note_misuse(wrong);
  registers = Registers{config, {}};
}

void release() { registers = Registers{}; }

void zero(int tile) {
  if (is_usable(tile)) registers.tiles[tile] = Tile{};
}

void load(int tile, const void* data, int64_t stride) {
  if (!is_usable(tile)) return;
  Tile& to = registers.tiles[tile];
  to = Tile{};
  for (int r = 0; r < registers.config.rows[tile]; ++r)
    std::memcpy(to.words[r], static_cast<const char*>(data) + r * stride,
                registers.config.row_bytes[tile]);
}

void store(int tile, void* data, int64_t stride) {
  if (!is_usable(tile)) return;
  for (int r = 0; r < registers.config.rows[tile]; ++r)
    std::memcpy(static_cast<char*>(data) + r * stride, registers.tiles[tile].words[r],
                registers.config.row_bytes[tile]);
}

void multiply(int sums, int a, int b) {
  if (!is_usable(sums) || !is_usable(a) || !is_usable(b)) return;
  if (sums == a || sums == b || a == b) return note_misuse("one tile is two operands");
  const TileConfig& config = registers.config;
  if (config.row_bytes[sums] % 4 != 0 || config.row_bytes[a] % 4 != 0 ||
      config.row_bytes[b] % 4 != 0)
    return note_misuse("rows that are no whole pairs");
  if (config.rows[sums] != config.rows[a] || config.row_bytes[sums] != config.row_bytes[b] ||
      config.row_bytes[a] / 4 != config.rows[b])
    return note_misuse("the shapes of three operands do not fit");

  Halves left;
  Halves right;
  const bool left_moderate = decode(registers.tiles[a], left);
  const bool moderate = decode(registers.tiles[b], right) && left_moderate;
  const int pairs = config.rows[b];
  for (int m = 0; m < config.rows[sums]; ++m) {
    RowSums row;
    if (moderate)
      multiply_moderate_row(left.even[m], left.odd[m], pairs, right, row);
    else
      multiply_any_row(left.even[m], left.odd[m], pairs, right, row);
    uint32_t* const to = registers.tiles[sums].words[m];
    for (int n = 0; n < config.row_bytes[sums] / 4; ++n) {
      const float both = flush_denormal(row.even[n] + row.odd[n]);
      const float sum = flush_denormal(std::bit_cast<float>(to[n])) + both;
      to[n] = std::bit_cast<uint32_t>(flush_denormal(sum));
    }
  }
}

const char* take_misuse() { return first_misuse.exchange(nullptr); }

}  // namespace fovea::cpu::emulated_tiles
