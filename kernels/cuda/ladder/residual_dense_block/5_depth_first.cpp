// Rung 5: the same launches in another order, so that what convolutions share stays in the
// second-level cache.
//
// Formula, buffer, types and bits: those of 3_fused_epilogues.cpp. Preconditions:
// dense_block_is_sound, band_rows > 0.
//
// Launches: 5 a band. A band is rows [a, e) of y. For it conv_5 makes rows up to e, conv_4 up to e
// + 1, conv_3 e + 2, conv_2 e + 3, conv_1 e + 4: each what the next will read below. The next band
// goes on where each stopped, so that no row is made twice: the bands are skewed, there is no halo.
//
//     rows   x_1     x_2     x_3     x_4     y
//     ...    1       1       1       1       1        1, 2: made in the first, second band
//     e      1       1       1       1       2
//     e+1    1       1       1       2       2
//     e+2    1       1       2       2       2
//     e+3    1       2       2       2       2
//
// The idea: rung 4 keeps shared values near by recomputing them; a cache of 50 MB keeps them by
// being asked soon enough. Rung 3 reads x five times and x_1 four times, and at 1280 x 720 whole
// maps (354 MB of buffer) pass between two readings. A band of 48 rows is 48 * 1280 * 384 bytes =
// 24 MB.
//
// The bound it lifts: device memory, from 1,664 bytes a pixel to 128 of x, 128 of y and 256 of x_1
// ... x_4 that are written back some time: 512 (256 if the buffer were a ring of a band's rows).
// What it costs: launches. 48 rows are 61,440 pixels: 2.3 GFLOP of conv_1, 2.9 us at 790 TFLOP/s,
// and a launch has 1.7 us before its first product (weights, first rows), and 960 row strips for
// 396 warpgroups are 3 rows for some and 2 for others (81 %; conv_5 91 %). Predicted for 1280 x 720
// on an H200: 301 / 0.81 + 258 / 0.91 + 75 * 1.7 = 780 us. That loses, at any size of picture,
// since the cache sets the pixels of a band: on an H200 the block is not bound by device memory
// (rung 3), so all that is saved is its power. It pays where memory is slow beside the tensor
// cores: an L4 (121 TFLOP/s, 300 GB/s, 48 MB of cache) needs 403 FLOP a byte, rung 3 has 288, this
// has 936. On an H200 it would take one kernel that walks all five convolutions, with flags instead
// of launches between them.
//
// See: 3_fused_epilogues.cpp; the library's bands (engine/plan.h) are of whole networks, for
// memory's sake, not the cache's. tests/emulation/test_ladder_dense_block.cpp.
#include <algorithm>

#include "kernels/cuda/ladder/residual_dense_block/dense_block_ladder.h"

namespace fovea::cuda::ladder {

CudaError launch_depth_first(const DenseBlockArgs& args, int64_t band_rows, Stream stream) {
  if (!dense_block_is_sound(args) || band_rows <= 0) return kInvalidArgument;
  const int64_t height = args.buffer.height;
  int64_t made[kDenseConvolutions] = {};  // rows of each convolution
  for (int64_t end = band_rows; made[kDenseConvolutions - 1] < height; end += band_rows) {
    for (int n = 1; n <= kDenseConvolutions; ++n) {
      ConvolutionArgs convolution = fused_dense_convolution(args, n);
      convolution.first_row = made[n - 1];
      convolution.last_row = std::min(height, end + kDenseConvolutions - n);
      if (convolution.first_row == convolution.last_row) continue;
      if (const CudaError error = args.convolution(convolution, stream); error != 0) return error;
      made[n - 1] = convolution.last_row;
    }
  }
  return 0;
}

}  // namespace fovea::cuda::ladder
