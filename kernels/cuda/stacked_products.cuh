// The products of the ky-stacked 3x3 convolution; conv3x3_wgmma.cuh derives them.
#pragma once

#include "kernels/cuda/device/between_products.cuh"
#include "kernels/cuda/device/wgmma.cuh"

namespace fovea::cuda {

/// Issues the products of a strip's row, at descriptor `a` in its stage, with kColumns columns of
/// weights stacked by ky, from `b` on, and adds them to `sums`, which are there after
/// wgmma_wait(). Loops over channels and kx are unrolled: all addresses are constants from here.
template <class T, class Tiles, int kColumns>
FOVEA_DEVICE void multiply_stacked(float (&sums)[kColumns / 2], uint64_t a, uint64_t b) {
  keep_registers(sums);
  wgmma_fence();
  FOVEA_UNROLL
  for (int kx = 0; kx < 3; kx++) {
    FOVEA_UNROLL
    for (int plane = 0; plane < Tiles::kPlanes; plane += 2) {
      Wgmma<T, kColumns>::multiply(
          sums, advanced(a, plane * Tiles::kPlaneBytes + kx * Tiles::kPixelBytes),
          advanced(b, (kx * Tiles::kPlanes + plane) * Tiles::kWeightPlaneBytes), true);
    }
  }
  wgmma_commit();
}

}  // namespace fovea::cuda
