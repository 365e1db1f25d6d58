// Rung 3, which is shipped: what follows a convolution's sums happens before they are stored.
//
//   buffer[next 32] = x_n = LeakyReLU(conv_n(buffer) + b_n), n = 1 ... 4;  y = 0.2 (conv_5(buffer)
//   + b_5) + x
//
// Buffer (H, W, 192) f16, C8-planar; one rounding a stored value, where rungs 1 and 2 round z_n
// too. Preconditions: dense_block_is_sound.
//
// Launches: 5.
//
// The idea: bias, activation and residual need a value that a thread has in a register anyway. Each
// costs some instructions, in f32, while other warps multiply; a launch of its own costs a read and
// a write of the map.
//
// The bound it lifts: 512 bytes of activations and 384 of the sum. x, the residual of y, lies in
// the rows that conv_5 reads, so that it comes from the second-level cache: 1,664 bytes a pixel are
// left, 288 FLOP a byte. An H200 needs 184: the block as a whole is now bound by its products,
// conv_1 alone (192 FLOP a byte) only just. Predicted for 1280 x 720: 442 GFLOP / 790 TFLOP/s + 5
// launches = 568 us; 357 us of device memory are behind it.
//
// This is what cuda_backend.h lowers a dense block to. What is left to win is in rungs 4 and 5, and
// why they do not win on an H200.
//
// See: tests/emulation/test_ladder_dense_block.cpp.
#include "kernels/cuda/ladder/residual_dense_block/dense_block_ladder.h"

namespace fovea::cuda::ladder {

CudaError launch_fused_epilogues(const DenseBlockArgs& args, Stream stream) {
  if (!dense_block_is_sound(args)) return kInvalidArgument;
  for (int n = 1; n <= kDenseConvolutions; ++n) {
    if (const CudaError error = args.convolution(fused_dense_convolution(args, n), stream);
        error != 0)
      return error;
  }
  return 0;
}

}  // namespace fovea::cuda::ladder
