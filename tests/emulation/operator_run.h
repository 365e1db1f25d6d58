// How tests run an operator on emulated device maps: on whole maps, then in pieces on rings that
// hold no row more than the piece needs.
#pragma once

#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "engine/tensor.h"
#include "kernels/cuda/runtime.h"

namespace fovea::test {

struct OperatorRun {
  cuda::ElementType type = cuda::ElementType::kF16;
  std::vector<Tensor> inputs;  // of values that `type` has
  Size output_size;
  int64_t output_channels = 0;
  std::function<cuda::CudaError(std::span<const cuda::DeviceMap> inputs,
                                const cuda::DeviceMap& output, RowRange rows)>
      launch;
  /// The rows of an input that rows of the output need.
  std::function<RowRange(size_t input, RowRange rows)> rows_needed;
  /// In the channels that fill up the inputs' last planes. Kernels that do not multiply need not
  /// look at them: a slice of a map has others in their place. Products have weights of zero for
  /// them, so that they may be anything finite.
  float padding = std::numeric_limits<float>::quiet_NaN();
};

/// The output on whole maps. EXPECTs success, no fault of the kernel's, zeros in the channels that
/// fill up the last plane and nothing written beside the map.
Tensor run_on_whole_maps(const OperatorRun& run);

/// EXPECTs the bits of `whole` from pieces of `piece_rows` rows, each on rings that hold what it
/// needs and poison else, and nothing written but the piece.
void expect_same_in_rings(const OperatorRun& run, const Tensor& whole, int64_t piece_rows);

/// EXPECTs each value of `actual` within one rounding of a value within `tolerance(y, x, c)` of
/// `expected`.
void expect_rounded_once(cuda::ElementType type, const Tensor& expected, const Tensor& actual,
                         const std::function<double(int64_t y, int64_t x, int64_t c)>& tolerance);

/// What kernels did wrong since the last call, one a line; empty when nothing.
std::string kernel_faults();

/// The sizes that every kernel is tested on.
inline constexpr Size kKernelSizes[] = {{1, 1}, {7, 5}, {33, 65}, {64, 64}, {9, 720}};

inline constexpr cuda::ElementType kElementTypes[] = {
    cuda::ElementType::kF16, cuda::ElementType::kBf16, cuda::ElementType::kF32};

}  // namespace fovea::test
