// Small right kernels, and the ways to break them that the emulation must report.
#pragma once

#include <cstdint>

#include "kernels/cuda/runtime.h"

namespace fovea::cuda {

/// One thing that kernels get wrong. Each belongs to one of the kernels below.
enum class Bug {
  kNone,
  // launch_pipeline
  kNoFullWait,
  kNoEmptyWait,
  kNoPhaseFlip,
  kNoInitFence,
  kNoBarrierAfterInit,
  kNoInit,
  kTwoArrivals,
  kTooManyBytes,
  kTooFewBytes,
  kDestinationOffBy16,
  kDestinationOffBy8,
  kNoMultiplyFence,
  kNoMultiplyWait,
  kNoCommit,
  kArriveBeforeMultiplyWait,
  kAccumulatorsTouched,
  kStridesSwapped,
  kOperandOutside,
  kSwizzled,
  // launch_staged_product
  kNoProxyFence,
  kFenceBeforeStores,
  kNoBarrierAfterStores,
  kNoAsyncWait,
  kNoAsyncCommit,
  // launch_exchange
  kNoBarrierAfterWrite,
  kNoBarrierBeforeRewrite,
  kNoWarpBarrier,
  kBarrierCount,
  kBarrierTwice,
  kLanesApart,
  kReadBehind,
  kReadBefore,
  kWriteBehind,
  kReadBehindShared,
  kMatrixRowOff,
  kMatrixRowOutside,
  kSharedAddress,
  kTooFewWarpsForMultiply,
  kRegisterPool,
  // launch_chain
  kReadBeforeDependency,
  kWriteBeforeDependency
};

inline constexpr int kPipelineRows = 6;
/// A producer brings kPipelineRows pairs of rows (64 x 16 halves) through a ring of 2 slots; a
/// warpgroup adds a(row) b for a resident b (16 x 8 halves) onto each other: d[thread][4].
CudaError launch_pipeline(Bug bug, const TensorMap& rows, const void* b, float* d, Stream stream);
/// a (64 x 16 halves) by plain stores and b (16 x 8) by cp.async, then wgmma: d[thread][4].
CudaError launch_staged_product(Bug bug, const void* a, const void* b, float* d, Stream stream);
/// out[i] = sum of in[0 ... i] for 256 threads in 4 blocks of 64, by several means.
CudaError launch_exchange(Bug bug, const int32_t* in, int32_t* out, Stream stream);
/// numbers[i] = i, then doubled[i] = 2 numbers[i] by a dependent kernel, i < 64.
CudaError launch_chain(Bug bug, int32_t* numbers, int32_t* doubled, Stream stream);

}  // namespace fovea::cuda
