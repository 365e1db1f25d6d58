// Rung 1: five convolutions with what lies between them, each operator a launch: how a framework
// runs the block.
//
//   z_n = conv_n(Concat(x_0, ..., x_{n-1})) + b_n;  x_n = LeakyReLU(z_n);  y = 0.2 z_5 + x
//
// Maps f16, C8-planar, (H, W, 64) and (H, W, 32); each is rounded as it is stored. Preconditions:
// dense_block_is_sound, `joined` (H, W, 192) beside both maps.
//
// Launches: 5 convolutions, 14 copies (Concat before conv_2 ... conv_5), 4 activations, 1 sum: 24.
//
// Traffic, bytes of device memory a pixel (a channel is 2):
//   convolutions  read 128 + 192 + 256 + 320 + 384, write 4 * 64 + 128          1,664
//   copies        read and write 192 + 256 + 320 + 384                          2,304
//   activations   4 * (64 + 64)                                                   512
//   sum           128 + 128 + 128                                                 384
//                                                                               4,864
// For 479,232 FLOP: 99 FLOP a byte, where an H200 needs 790 / 4.3 = 184 to be bound by its
// products. The convolutions alone have 288. Predicted for 1280 x 720: convolutions 568 us, the
// rest 3,200 bytes a pixel at 4.3 TB/s, 686 us.
//
// See: 2_growing_buffer.cpp; tests/emulation/test_ladder_dense_block.cpp.
#include "kernels/cuda/argument_checks.h"
#include "kernels/cuda/copy_channels.h"
#include "kernels/cuda/ladder/residual_dense_block/dense_block_ladder.h"

namespace fovea::cuda::ladder {
namespace {

// x_0 ... x_{n-1}, which lie each in its own planes, one behind the other in `joined`.
CudaError join(const DenseBlockArgs& args, int n, const DeviceMap& joined, Stream stream) {
  for (int part = 0; part < n; ++part) {
    CopyChannelsArgs copy;
    copy.output_channel = part == 0 ? 0 : dense_inputs(part);
    copy.count = part == 0 ? kDenseFeatures : kDenseGrowth;
    copy.input = args.buffer.slice(copy.output_channel, copy.count);
    copy.output = joined;
    copy.last_row = args.buffer.height;
    if (const CudaError error = launch_copy_channels(copy, stream); error != 0) return error;
  }
  return 0;
}

}  // namespace

CudaError launch_separate(const DenseBlockArgs& args, const DeviceMap& joined, Stream stream) {
  if (!dense_block_is_sound(args) || !map_is_sound(joined) || joined.channels != kDenseChannels ||
      joined.height != args.buffer.height || joined.ring_rows != joined.height)
    return kInvalidArgument;
  for (int n = 1; n <= kDenseConvolutions; ++n) {
    ConvolutionArgs convolution = plain_dense_convolution(args, n);
    if (n > 1) {
      convolution.input = joined.slice(0, dense_inputs(n));
      if (const CudaError error = join(args, n, convolution.input, stream); error != 0)
        return error;
    }
    if (const CudaError error = args.convolution(convolution, stream); error != 0) return error;
    if (n == kDenseConvolutions) break;
    if (const CudaError error = launch_dense_activation(args, n, stream); error != 0) return error;
  }
  return launch_dense_sum(args, stream);
}

}  // namespace fovea::cuda::ladder
