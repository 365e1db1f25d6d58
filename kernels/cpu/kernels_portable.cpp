// The CPU kernels for portable. Compiled with the flags of that level: see kernel_table.h for what
// may not be included.
#include <cstddef>
#include <cstdint>

#include "kernels/cpu/kernel_table.h"

#define FOVEA_ISA_PORTABLE

namespace fovea::cpu {
namespace {

#include "kernels/cpu/vec.h"
//
#include "kernels/cpu/activation.h"
//
#include "kernels/cpu/epilogue.h"
//
#include "kernels/cpu/depthwise.h"
#include "kernels/cpu/direct.h"
#include "kernels/cpu/pointwise_rows.h"
#include "kernels/cpu/resize.h"
#include "kernels/cpu/shuffle.h"
//
#include "kernels/cpu/winograd_input.h"
#include "kernels/cpu/winograd_output.h"
#include "kernels/cpu/winograd_weights.h"
//
#include "kernels/cpu/winograd.h"
#include "kernels/cpu/winograd_upsample.h"

}  // namespace

const KernelTable kPortableKernels = {&winograd,  &winograd_weights, &winograd_upsample,
                                      &direct,    &narrow,           &depthwise,
                                      &pointwise, &resize_columns,   &sum_rows};

}  // namespace fovea::cpu
