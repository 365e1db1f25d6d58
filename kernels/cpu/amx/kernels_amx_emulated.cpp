// The kernels over emulated tile registers, for any machine. The same operations in the same order
// as kernels_amx.cpp: the same bits.
#include <cstddef>
#include <cstdint>

#include "kernels/cpu/amx/tile_emulator.h"
#include "kernels/cpu/amx/tile_kernels.h"

#define FOVEA_ISA_PORTABLE

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

const TileKernels kEmulatedAmxKernels = {&pack, &split, &convolve};

}  // namespace fovea::cpu
