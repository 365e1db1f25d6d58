#include <gtest/gtest.h>
#include <chrono>
#include <cstdio>
#include "kernels/cuda/runtime.h"
#include "tests/emulation/emulated_device.h"
#include "tests/emulation/emulation.h"
namespace fovea::cuda {
CudaError launch_wgmma(const uint16_t* a, const uint16_t* b, float* d, Stream stream);
}
using namespace fovea;
TEST(Smoke, Wgmma) {
  std::vector<uint16_t> a(1024), b(4096);
  std::vector<float> d(128 * 128);
  std::vector<float> A(64 * 16), B(16 * 8);
  for (int r = 0; r < 64; r++)
    for (int k = 0; k < 16; k++) {
      float v = float((r * 7 + k * 3) % 11) - 5;
      A[r * 16 + k] = v;
      a[(k / 8) * 512 + (r / 8) * 64 + (r % 8) * 8 + k % 8] = emulation::float_to_half(v);
    }
  for (int n = 0; n < 8; n++)
    for (int k = 0; k < 16; k++) {
      float v = float((n * 5 + k) % 7) - 3;
      B[k * 8 + n] = v;
      b[(k / 8) * 64 + n * 8 + k % 8] = emulation::float_to_half(v);
    }
  for (auto& s : emulation::all_schedules()) {
    emulation::set_schedule(s);
    auto t0 = std::chrono::steady_clock::now();
    cuda::launch_wgmma(a.data(), b.data(), d.data(), nullptr);
    auto us = std::chrono::duration<double>(std::chrono::steady_clock::now() - t0).count() * 1e6;
    if (s.seed < 4) printf("%f us\n", us);
    auto errors = emulation::take_errors();
    EXPECT_EQ(errors.size(), 0u) << (errors.empty() ? "" : errors[0]);
    for (int t = 0; t < 128; t++)
      for (int i = 0; i < 4; i++) {
        int row = 16 * (t / 32) + (t % 32) / 4 + 8 * (i / 2), col = (t % 4) * 2 + i % 2;
        float e = float(i);
        for (int k = 0; k < 16; k++) e += A[row * 16 + k] * B[k * 8 + col];
        ASSERT_EQ(d[i * 128 + t], e);
      }
  }
}
