// Convolution by its definition, for shapes that no other kernel takes (groups, 7x1
// kernels, f32 maps) and to check those kernels against.
//
//   y[i,j,k] = R(A(b[k] + sum_{c,u,v} w[k,c,u,v] x[i + u - kernel_h/2, j + v - kernel_w/2, g(k)
//   + c])), x = 0 outside the map, g(k) the first channel of k's group; A, R of epilogue.cuh.
//
// Types: maps f16, bf16 or f32 (all of one type), C8-planar; weights f32, (planes of out, kernel_h,
// kernel_w, padded group channels, 8 outputs); sums f32, over u, v, c in this order whatever the
// rows asked for, then one rounding.
// Preconditions (conv_direct_supports): odd kernel, groups that divide both channel counts, and
// what argument_checks.h asks of every convolution.
//
// A block of 128 threads makes 4 rows of 128 columns of one output plane, a warp a row; a thread
// makes pixels x, x + 32, x + 64, x + 96 with 8 channels each, so that neighbouring lanes read
// neighbouring pixels. No shared memory: the first-level cache has the rows, and all lanes read the
// same weights, which is one broadcast.
// 32 sums, 32 inputs and 8 weights are in registers: for each input channel 2 loads of 16 bytes
// stand against 32 multiply-adds, for each plane and tap 4 (8 for f32) loads of a pixel against
// 256. That is about one cycle of the load pipe for one of the multiply-adds: enough for what this
// kernel is for.
// With groups the 8 outputs of a plane may belong to different groups, and each reads its own
// channel: eight times the loads.
// Columns and rows outside the map read as zeros; threads beyond the map's width or the last row
// compute nothing.
//
// See: kernels/reference/convolution.cpp, tests/emulation/test_conv_direct.cpp.
#include "kernels/cuda/argument_checks.h"
#include "kernels/cuda/conv_direct.h"
#include "kernels/cuda/finish_pixel.cuh"
#include "kernels/cuda/launch.h"

namespace fovea::cuda {
namespace {

constexpr int kBlockRows = 4;  // a warp each
constexpr int kThreads = kBlockRows * kWarpThreads;
constexpr int kPixels = 4;  // of a thread
constexpr int kBlockColumns = kPixels * kWarpThreads;
constexpr int64_t kMaxGrid = 65535;  // blocks along y and z

using Sums = float[kPixels][kPixelChannels];

// sums[p][k] += values[p] * weights[k].
FOVEA_DEVICE void accumulate(Sums& sums, const float (&values)[kPixels],
                             const float* weights) {  // (8)
  float w[kPixelChannels];
  load_pixel<float>(weights, w);
  FOVEA_UNROLL
  for (int p = 0; p < kPixels; ++p) {
    FOVEA_UNROLL
    for (int k = 0; k < kPixelChannels; ++k) sums[p][k] += values[p] * w[k];
  }
}

// One tap of all input channels. `row` is the input row of plane 0, `column` the tap's column for
// pixel 0, `weights` (padded channels, 8).
template <class T>
FOVEA_DEVICE void add_tap(const DeviceMap& input, const uint8_t* row, int column,
                          const float* weights, Sums& sums) {
  const int planes = static_cast<int>(input.planes());
  for (int plane = 0; plane < planes; ++plane) {
    float pixels[kPixels][kPixelChannels] = {};
    FOVEA_UNROLL
    for (int p = 0; p < kPixels; ++p) {
      const int x = column + p * kWarpThreads;
      if (x >= 0 && x < input.width) load_pixel<T>(row + x * kPixelBytes<T>, pixels[p]);
    }
    FOVEA_UNROLL
    for (int c = 0; c < kPixelChannels; ++c) {
      float values[kPixels];
      FOVEA_UNROLL
      for (int p = 0; p < kPixels; ++p) values[p] = pixels[p][c];
      accumulate(sums, values, weights + c * kPixelChannels);
    }
    row += plane_bytes(input);
    weights += kPixelChannels * kPixelChannels;
  }
}

// The same where output k reads channels [first[k], first[k] + channels).
template <class T>
FOVEA_DEVICE void add_grouped_tap(const DeviceMap& input, const uint8_t* row, int column,
                                  const float* weights, const int (&first)[kPixelChannels],
                                  int channels, Sums& sums) {
  for (int c = 0; c < channels; ++c) {
    FOVEA_UNROLL
    for (int k = 0; k < kPixelChannels; ++k) {
      const int channel = first[k] + c;
      const uint8_t* plane = row + channel / kPixelChannels * plane_bytes(input);
      FOVEA_UNROLL
      for (int p = 0; p < kPixels; ++p) {
        const int x = column + p * kWarpThreads;
        if (x < 0 || x >= input.width) continue;
        const uint8_t* pixel = plane + x * kPixelBytes<T>;
        sums[p][k] +=
            load_channel<T>(pixel, channel % kPixelChannels) * weights[c * kPixelChannels + k];
      }
    }
  }
}

template <class T, bool kGrouped>
FOVEA_KERNEL(kThreads, 3)
void conv_direct(FOVEA_GRID_CONSTANT const DirectConvolutionArgs args) {
  const ConvolutionArgs& convolution = args.convolution;
  const DeviceMap& input = convolution.input;
  const int lane = lane_index();
  const int y =
      static_cast<int>(convolution.first_row) + block_index_y() * kBlockRows + warp_index();
  const int x = block_index() * kBlockColumns + lane;
  const int plane = block_index_z();
  if (y >= convolution.last_row) return;

  const int in_channels = static_cast<int>(input.channels) / args.groups;
  const int out_channels = static_cast<int>(convolution.output.channels) / args.groups;
  const int padded = static_cast<int>(planes_of(in_channels)) * kPixelChannels;
  // Channels past the last belong to the last group: they read what is there and are stored as 0.
  int first[kPixelChannels];
  FOVEA_UNROLL
  for (int k = 0; k < kPixelChannels; ++k) {
    const int group = (plane * kPixelChannels + k) / out_channels;
    first[k] = (group < args.groups ? group : args.groups - 1) * in_channels;
  }

  const int64_t taps = static_cast<int64_t>(args.kernel_h) * args.kernel_w;
  const float* weights =
      static_cast<const float*>(convolution.weights) + plane * taps * padded * kPixelChannels;
  Sums sums = {};
  for (int u = 0; u < args.kernel_h; ++u) {
    const int input_row = y + u - args.kernel_h / 2;
    const bool inside = input_row >= 0 && input_row < input.height;
    for (int v = 0; v < args.kernel_w; ++v, weights += padded * kPixelChannels) {
      if (!inside) continue;
      const uint8_t* row = row_start(input, input_row);
      const int column = x + v - args.kernel_w / 2;
      if constexpr (kGrouped) {
        add_grouped_tap<T>(input, row, column, weights, first, in_channels, sums);
      } else {
        add_tap<T>(input, row, column, weights, sums);
      }
    }
  }
  FOVEA_UNROLL
  for (int p = 0; p < kPixels; ++p) {
    const int column = x + p * kWarpThreads;
    if (column < convolution.output.width) finish_pixel<T>(convolution, y, column, plane, sums[p]);
  }
}

template <class T>
CudaError launch_typed(const DirectConvolutionArgs& args, const LaunchShape& shape, Stream stream) {
  return args.groups == 1 ? launch(conv_direct<T, false>, shape, stream, args)
                          : launch(conv_direct<T, true>, shape, stream, args);
}

int64_t blocks_of(int64_t count, int64_t block) { return (count + block - 1) / block; }

}  // namespace

bool conv_direct_supports(const DirectConvolutionArgs& args) {
  const ConvolutionArgs& convolution = args.convolution;
  if (args.kernel_h < 1 || args.kernel_h % 2 == 0 || args.kernel_w < 1 || args.kernel_w % 2 == 0)
    return false;
  if (!convolution_is_sound(convolution, args.kernel_h, 1)) return false;
  if (args.groups < 1 || convolution.input.channels % args.groups != 0 ||
      convolution.output.channels % args.groups != 0)
    return false;
  return blocks_of(convolution.last_row - convolution.first_row, kBlockRows) <= kMaxGrid &&
         convolution.output.planes() <= kMaxGrid;
}

CudaError launch_conv_direct(const DirectConvolutionArgs& args, Stream stream) {
  if (!conv_direct_supports(args)) return kInvalidArgument;
  const ConvolutionArgs& convolution = args.convolution;
  LaunchShape shape;
  shape.grid_x = static_cast<unsigned>(blocks_of(convolution.output.width, kBlockColumns));
  shape.grid_y =
      static_cast<unsigned>(blocks_of(convolution.last_row - convolution.first_row, kBlockRows));
  shape.grid_z = static_cast<unsigned>(convolution.output.planes());
  shape.threads = kThreads;
  switch (convolution.output.type) {
    case ElementType::kF16:
      return launch_typed<Half>(args, shape, stream);
    case ElementType::kBf16:
      return launch_typed<Bfloat16>(args, shape, stream);
    case ElementType::kF32:
      return launch_typed<float>(args, shape, stream);
  }
  return kInvalidArgument;
}

}  // namespace fovea::cuda
