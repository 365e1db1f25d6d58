// The tile registers in plain C++: the instructions that the kernels use, on any machine.
//
// Each thread has its registers, as on a processor. Where a processor would raise an exception
// (#GP, #UD), an instruction here does nothing and leaves a description for take_tile_misuse().
#pragma once

#include "kernels/cpu/amx/tile_config.h"

namespace fovea::cpu::emulated_tiles {

/// LDTILECFG: shapes from `config`, every tile zero.
void configure(const TileConfig& config);

/// TILERELEASE: no shapes, no contents.
void release();

/// TILEZERO.
void zero(int tile);

/// TILELOADD: as many rows as the tile has, from `data` on, `stride` bytes apart.
void load(int tile, const void* data, int64_t stride);

/// TILESTORED.
void store(int tile, void* data, int64_t stride);

/// TDPBF16PS: sums[m, n] += (sum over k of a[m, 2k] b[k, 2n]) + (sum over k of a[m, 2k+1] b[k,
/// 2n+1]), of bf16 pairs, in f32. Both inner sums run over k upwards in fused multiply-adds from 0;
/// denormals are taken for zero and become zero; rounding is to nearest even.
void multiply(int sums, int a, int b);

/// What was first done wrong, by any thread, since this was last asked; null when nothing was.
const char* take_misuse();

}  // namespace fovea::cpu::emulated_tiles
