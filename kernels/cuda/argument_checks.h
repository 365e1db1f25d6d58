// Preconditions that the launchers share. Host code.
#pragma once

#include "kernels/cuda/convolution_args.h"
#include "kernels/cuda/runtime.h"

namespace fovea::cuda {

/// A map that kernels can address: aligned, strides that hold its rows and planes, and height and
/// width below 2^30, so that kernels may count rows and columns in 32 bits.
constexpr bool map_is_sound(const DeviceMap& map) {
  constexpr int64_t kLimit = int64_t{1} << 30;
  return map.data != nullptr && map.height > 0 && map.height < kLimit && map.width > 0 &&
         map.width < kLimit && map.channels > 0 && map.ring_rows > 0 &&
         map.ring_rows <= map.height && map.row_stride >= map.width &&
         map.plane_stride >= map.ring_rows * map.row_stride;
}

/// Bias, slopes and residuals are there for rows [first_row, last_row) of `output`.
constexpr bool epilogue_is_sound(const EpilogueArgs& epilogue, const DeviceMap& output) {
  if (epilogue.bias == nullptr) return false;
  if (epilogue.activation == EpilogueActivation::kPrelu && epilogue.slopes == nullptr) return false;
  if (epilogue.residual_count < 0 || epilogue.residual_count > EpilogueArgs::kMaxResiduals)
    return false;
  for (int i = 0; i < epilogue.residual_count; ++i) {
    const DeviceMap& map = epilogue.residuals[i].map;
    if (!map_is_sound(map) || map.type != output.type || map.height != output.height ||
        map.width != output.width || map.planes() < output.planes())
      return false;
  }
  return true;
}

/// Whether some byte lies between the first and the last byte of both maps. Slices of one buffer do
/// not share memory when their planes differ.
inline bool share_memory(const DeviceMap& a, const DeviceMap& b) {
  const auto begin = [](const DeviceMap& map) { return reinterpret_cast<uintptr_t>(map.data); };
  const auto end = [&](const DeviceMap& map) {
    const int64_t pixels =
        (map.planes() - 1) * map.plane_stride + (map.ring_rows - 1) * map.row_stride + map.width;
    return begin(map) + static_cast<uintptr_t>(pixels * map.pixel_bytes());
  };
  return begin(a) < end(b) && begin(b) < end(a);
}

/// A convolution of `kernel_h` rows (scale 1), or an upsample convolution (scale 2, and that many
/// times as large an output); the rings hold every row it reads or writes at once.
constexpr bool convolution_is_sound(const ConvolutionArgs& args, int64_t kernel_h, int64_t scale) {
  const DeviceMap& input = args.input;
  const DeviceMap& output = args.output;
  if (!map_is_sound(input) || !map_is_sound(output) || args.weights == nullptr ||
      !epilogue_is_sound(args.epilogue, output))
    return false;
  if (input.type != output.type || output.height != scale * input.height ||
      output.width != scale * input.width)
    return false;
  if (args.first_row < 0 || args.first_row >= args.last_row || args.last_row > output.height)
    return false;
  const int64_t rows = args.last_row - args.first_row;
  int64_t first = args.first_row - kernel_h / 2;
  int64_t last = args.last_row + kernel_h / 2;
  if (scale == 2) {  // row 2a + s of an upsample convolution reads a + s - 1 and a + s
    first = (args.first_row + 1) / 2 - 1;
    last = args.last_row / 2 + 1;
  }
  const int64_t read = (last < input.height ? last : input.height) - (first > 0 ? first : 0);
  if (rows > output.ring_rows || read > input.ring_rows) return false;
  for (int i = 0; i < args.epilogue.residual_count; ++i) {
    if (rows > args.epilogue.residuals[i].map.ring_rows) return false;
  }
  return true;
}

}  // namespace fovea::cuda
