// Rung 2: one buffer that grows in place, so that nothing is copied together.
//
//   z_n = conv_n(buffer[0 ... 64 + 32 (n-1))) + b_n;  buffer[next 32] = x_n = LeakyReLU(z_n);
//   y = 0.2 z_5 + x
//
// The buffer is (H, W, 192) f16, C8-planar: x in its first 8 planes. Preconditions:
// dense_block_is_sound.
//
// Launches: 5 convolutions, 4 activations, 1 sum: 10.
//
// The idea: in a layout that has channels in planes, Concat is a matter of where things are put.
// x_n goes into the planes behind x_{n-1}, and the first so many planes of the buffer are the input
// of the next convolution (DeviceMap::slice): a pointer, no copy. In a layout with a pixel's
// channels side by side the same is done with the pixel stride of the whole buffer, at the price of
// rows that are read in pieces.
//
// The bound it lifts: copies, 2,304 of 4,864 bytes a pixel. What is left: 1,664 of the
// convolutions, 512 of the activations, 384 of the sum: 2,560; 187 FLOP a byte, what an H200 needs
// if all of it overlapped, which launches in turn do not. Predicted for 1280 x 720: 568 us of
// convolutions and 192 of the rest.
//
// See: 3_fused_epilogues.cpp; tests/emulation/test_ladder_dense_block.cpp.
#include "kernels/cuda/ladder/residual_dense_block/dense_block_ladder.h"

namespace fovea::cuda::ladder {

CudaError launch_growing_buffer(const DenseBlockArgs& args, Stream stream) {
  if (!dense_block_is_sound(args)) return kInvalidArgument;
  for (int n = 1; n <= kDenseConvolutions; ++n) {
    if (const CudaError error = args.convolution(plain_dense_convolution(args, n), stream);
        error != 0)
      return error;
    if (n == kDenseConvolutions) break;
    if (const CudaError error = launch_dense_activation(args, n, stream); error != 0) return error;
  }
  return launch_dense_sum(args, stream);
}

}  // namespace fovea::cuda::ladder
