// Rung 1: one thread an output, as the formula has it.
//
//   y[i,j,k] = R(A(b[k] + sum_{c,u,v} w[k,c,u,v] x[i+u-1, j+v-1, c])), x = 0 outside the map; A, R
//   of epilogue.cuh.
//
// Maps f16, C8-planar, whole or rings; weights f32, (planes of out, 3, 3, padded in, 8 outputs) of
// pack_conv_direct; sums f32 over u, v, c, one rounding.
// Preconditions: conv3x3_ladder.h, at most 65535 rows and planes of outputs.
//
// Grid: x 32 pixels of a row, y rows, z planes of 8 outputs; a block has 256 threads, 8 neighbours
// being the 8 outputs of a pixel. So a warp reads 8 neighbouring weights and the same channel of 4
// neighbouring pixels, and stores 4 x 16 contiguous bytes: every access is coalesced. No shared
// memory.
//
// The idea: none yet. This is the formula, and what the others must compute.
//
// What bounds it: a multiply-add of a warp takes two loads, an input and a weight. The load pipe of
// a multiprocessor of an H200 takes 32 lanes a cycle, the multiply-adders 128: two loads a product
// leave them 1/8 of their time. Predicted ceiling: 132 * 128 * 2 * 1.98 GHz = 66.9 TFLOP/s of f32,
// 1/8 of it: 8.4. (Conversions from f16 and addresses are on top: expect half.) Intensity against
// the first-level cache: 2 FLOP for 2 + 4 bytes, 0.33 FLOP a byte, where the machine gives 128
// bytes for 256 FLOP. Device memory is idle: 64 -> 32 has 36,864 FLOP for 192 bytes a pixel, if
// caches keep what neighbours share.
//
// Edges: taps outside the map are skipped; threads beyond the width return; channels that fill up
// the last plane are stored as zero.
//
// See: kernels/reference/convolution.cpp; 2_shared_memory.cu; conv_direct.cu, the shipped plain
// kernel: a thread has 4 pixels x 8 outputs; tests/emulation/test_ladder_conv3x3.cpp.
#include "kernels/cuda/argument_checks.h"
#include "kernels/cuda/epilogue.cuh"
#include "kernels/cuda/ladder/conv3x3/conv3x3_ladder.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/pixel.cuh"

namespace fovea::cuda::ladder {
namespace {

constexpr int kThreads = 256;
constexpr int kBlockPixels = kThreads / kPixelChannels;
constexpr int64_t kMaxGrid = 65535;  // blocks along y and z

FOVEA_KERNEL(kThreads, 4)
void naive_kernel(FOVEA_GRID_CONSTANT const ConvolutionArgs args) {
  const DeviceMap& input = args.input;
  const int y = static_cast<int>(args.first_row) + block_index_y();
  const int x = block_index() * kBlockPixels + thread_index() / kPixelChannels;
  const int plane = block_index_z();
  const int k = thread_index() % kPixelChannels;  // of the plane
  if (x >= args.output.width) return;

  const int channels = static_cast<int>(input.planes()) * kPixelChannels;
  const float* weights =
      static_cast<const float*>(args.weights) + int64_t{plane} * 9 * channels * kPixelChannels + k;
  float sum = 0.0f;
  for (int u = 0; u < 3; ++u) {
    for (int v = 0; v < 3; ++v, weights += channels * kPixelChannels) {
      const int row = y + u - 1;
      const int column = x + v - 1;
      if (row < 0 || row >= input.height || column < 0 || column >= input.width) continue;
      const uint8_t* pixel = row_start(input, row) + int64_t{column} * kPixelBytes<Half>;
      for (int c = 0; c < channels; ++c) {
        const float value =
            load_channel<Half>(pixel + c / kPixelChannels * plane_bytes(input), c % kPixelChannels);
        sum += value * weights[c * kPixelChannels];
      }
    }
  }

  const auto place = [&](const DeviceMap& map) {  // of this output, in elements of 2 bytes
    return reinterpret_cast<Half*>(row_start(map, y) + plane * plane_bytes(map) +
                                   int64_t{x} * kPixelBytes<Half>) +
           k;
  };
  const EpilogueArgs& epilogue = args.epilogue;
  const int channel = plane * kPixelChannels + k;
  float value = biased_and_activated(channel_epilogue(epilogue, channel), sum);
  for (int r = 0; r < epilogue.residual_count; ++r) {
    const ResidualArgs& residual = epilogue.residuals[r];
    value = with_residual(residual, value, to_float(*place(residual.map)));
  }
  *place(args.output) = from_float<Half>(channel < args.output.channels ? value : 0.0f);
}

}  // namespace

bool conv3x3_is_sound(const ConvolutionArgs& args) {
  constexpr int64_t kKernelRows = 3;
  return convolution_is_sound(args, kKernelRows, 1) && args.input.type == ElementType::kF16;
}

CudaError launch_naive(const ConvolutionArgs& args, Stream stream) {
  const int64_t rows = args.last_row - args.first_row;
  if (!conv3x3_is_sound(args) || rows > kMaxGrid || args.output.planes() > kMaxGrid)
    return kInvalidArgument;
  LaunchShape shape;
  shape.grid_x = static_cast<unsigned>((args.output.width + kBlockPixels - 1) / kBlockPixels);
  shape.grid_y = static_cast<unsigned>(rows);
  shape.grid_z = static_cast<unsigned>(args.output.planes());
  shape.threads = kThreads;
  return launch(naive_kernel, shape, stream, args);
}

}  // namespace fovea::cuda::ladder
