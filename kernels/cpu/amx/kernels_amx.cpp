// The kernels over the processor's tile registers. Compiled with the flags of AMX and AVX-512: see
// kernel_table.h for what may not be included.
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/amx/tile_kernels.h"

#define FOVEA_ISA_AVX512
#define FOVEA_TILES_HARDWARE

namespace fovea::cpu {
namespace {

#include "kernels/cpu/vec.h"
//
#include "kernels/cpu/activation.h"
//
#include "kernels/cpu/epilogue.h"
//
#include "kernels/cpu/amx/planes.h"
//
#include "kernels/cpu/amx/tile.h"
//
#include "kernels/cpu/amx/tile_convolution.h"

}  // namespace

const TileKernels kAmxKernels = {&pack, &split, &convolve};

}  // namespace fovea::cpu
