// The end of a convolution that sums a pixel of a plane, 8 outputs, in one thread.
#pragma once

#include "kernels/cuda/convolution_args.h"
#include "kernels/cuda/epilogue.cuh"
#include "kernels/cuda/pixel.cuh"

namespace fovea::cuda {

/// Epilogue and store of pixel (y, x) of `plane`, whose sums are `values`.
template <class T>
FOVEA_DEVICE void finish_pixel(const ConvolutionArgs& args, int y, int x, int plane,
                               float (&values)[kPixelChannels]) {
  const EpilogueArgs& epilogue = args.epilogue;
  const int first = plane * kPixelChannels;
  FOVEA_UNROLL
  for (int k = 0; k < kPixelChannels; ++k)
    values[k] = biased_and_activated(channel_epilogue(epilogue, first + k), values[k]);
  for (int r = 0; r < epilogue.residual_count; ++r) {
    const ResidualArgs& residual = epilogue.residuals[r];
    float other[kPixelChannels];
    load_pixel<T>(
        row_start(residual.map, y) + plane * plane_bytes(residual.map) + x * kPixelBytes<T>, other);
    FOVEA_UNROLL
    for (int k = 0; k < kPixelChannels; ++k)
      values[k] = with_residual(residual, values[k], other[k]);
  }
  FOVEA_UNROLL
  for (int k = 0; k < kPixelChannels; ++k)
    if (first + k >= args.output.channels) values[k] = 0.0f;
  store_pixel<T>(row_start(args.output, y) + plane * plane_bytes(args.output) + x * kPixelBytes<T>,
                 values);
}

}  // namespace fovea::cuda
