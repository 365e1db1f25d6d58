// How many cycles a wgmma takes, by N, by the shift of its rows and by where A comes from.
//
// The operands are laid out as conv3x3_wgmma's: A rows of 72 pixels in planes of 8 channels, so
// that a shift by a pixel is 16 bytes and the start of A leaves the 128 bytes of a core matrix; B
// [plane] [column][8 channels]. One round is four products, 64 channels of K. All sums stay in
// registers. Shared memory: 2 A of 8 * 72 * 16 + B of 8 * N * 16 bytes, 51,200 at N = 256.
#include <cmath>
#include <random>

#include "bench/gpu/device_memory.h"
#include "bench/gpu/micro.h"
#include "kernels/cuda/device/bulk_copy.cuh"
#include "kernels/cuda/device/device.cuh"
#include "kernels/cuda/device/half.cuh"
#include "kernels/cuda/device/wgmma.cuh"
#include "kernels/cuda/launch.h"

namespace fovea::cuda {
namespace {

constexpr int kPlanes = 8;
constexpr int kRowPixels = 72;
constexpr int kPlaneBytes = kRowPixels * 16;
constexpr int kRowBytes = kPlanes * kPlaneBytes;
constexpr int kRoundsBetweenWaits = 8;

FOVEA_DEVICE int64_t cycle_count() {
#ifdef FOVEA_CUDA_EMULATION
  return 0;
#else
  return clock64();
#endif
}

template <int kColumns, bool kFromRegisters>
FOVEA_KERNEL(256, 1)
void products_kernel(const uint32_t* a, const uint32_t* b, float* sums, int64_t* cycles, int shift,
                     int rounds) {
  uint8_t* shared = dynamic_shared();
  const int warpgroup = uniform(thread_index() / kWarpgroupThreads);
  const int thread = thread_index() % kWarpgroupThreads;
  auto* rows = reinterpret_cast<uint32_t*>(shared + warpgroup * kRowBytes);
  auto* columns = reinterpret_cast<uint32_t*>(shared + 2 * kRowBytes);
  for (int i = thread; i < kRowBytes / 4; i += kWarpgroupThreads) rows[i] = a[i];
  for (int i = thread_index(); i < kPlanes * kColumns * 4; i += thread_count()) columns[i] = b[i];
  fence_proxy_async();
  sync_threads();

  // A's fragment of the first 16 channels (mma.cuh), for products from registers.
  const int warp = thread / kWarpThreads;
  const int lane = thread % kWarpThreads;
  uint32_t fragment[kPlanes / 2][4];
  FOVEA_UNROLL
  for (int k = 0; k < kPlanes / 2; k++) {
    FOVEA_UNROLL
    for (int i = 0; i < 4; i++) {
      const int pixel = warp * 16 + lane / 4 + 8 * (i % 2) + shift / 16;
      const int plane = 2 * k + i / 2;
      fragment[k][i] = rows[(plane * kPlaneBytes + pixel * 16) / 4 + lane % 4];
    }
  }

  float d[kColumns / 2];
  FOVEA_UNROLL
  for (int i = 0; i < kColumns / 2; i++) d[i] = 0.0f;
  const uint64_t row = matrix_descriptor(shared_address(rows) + shift, kPlaneBytes, 128);
  const uint64_t column = matrix_descriptor(shared_address(columns), kColumns * 16, 128);
  const int64_t begin = cycle_count();
  FOVEA_NO_UNROLL
  for (int round = 0; round < rounds; round++) {
    keep_registers(d);
    wgmma_fence();
    FOVEA_UNROLL
    for (int k = 0; k < kPlanes / 2; k++) {
      const uint64_t b_of_k = column + k * 2 * kColumns;  // in units of 16 bytes
      if constexpr (kFromRegisters) {
        Wgmma<Half, kColumns>::multiply(d, fragment[k], b_of_k, true);
      } else {
        Wgmma<Half, kColumns>::multiply(d, row + k * 2 * (kPlaneBytes / 16), b_of_k, true);
      }
    }
    wgmma_commit();
    if (round % kRoundsBetweenWaits == kRoundsBetweenWaits - 1) wgmma_wait<0>();
    keep_registers(d);
  }
  wgmma_wait<0>();
  keep_registers(d);
  const int64_t end = cycle_count();
  if (block_index() != 0 || warpgroup != 0) return;
  if (thread == 0) *cycles = end - begin;
  FOVEA_UNROLL
  for (int i = 0; i < kColumns / 2; i++) {
    const int m = warp * 16 + lane / 4 + 8 * (i / 2 % 2);
    const int n = i / 4 * 8 + lane % 4 * 2 + i % 2;
    sums[m * kColumns + n] = d[i];
  }
}

template <int kColumns, bool kFromRegisters>
CudaError launch_products(int blocks, int warpgroups, const void* a, const void* b, float* sums,
                          int64_t* cycles, int shift, int rounds) {
  LaunchShape shape;
  shape.grid_x = static_cast<unsigned>(blocks);
  shape.threads = static_cast<unsigned>(warpgroups * kWarpgroupThreads);
  shape.shared_bytes = 2 * kRowBytes + kPlanes * kColumns * 16;
  return launch(products_kernel<kColumns, kFromRegisters>, shape, nullptr,
                static_cast<const uint32_t*>(a), static_cast<const uint32_t*>(b), sums, cycles,
                shift, rounds);
}

using Launch = CudaError (*)(int, int, const void*, const void*, float*, int64_t*, int, int);

struct Variant {
  int columns;
  bool from_registers;
  Launch launch;
};

constexpr Variant kVariants[] = {
    {8, false, launch_products<8, false>},     {24, false, launch_products<24, false>},
    {32, false, launch_products<32, false>},   {64, false, launch_products<64, false>},
    {96, false, launch_products<96, false>},   {144, false, launch_products<144, false>},
    {192, false, launch_products<192, false>}, {256, false, launch_products<256, false>},
    {32, true, launch_products<32, true>},     {64, true, launch_products<64, true>},
    {96, true, launch_products<96, true>}};

const Variant* variant_of(const ProductsCase& wanted) {
  for (const Variant& each : kVariants) {
    if (each.columns == wanted.columns && each.from_registers == wanted.from_registers)
      return &each;
  }
  return nullptr;
}

/// Values of [-1/4, 1/4) with 10 significant bits, as f16 bits; and as f64.
struct Operand {
  std::vector<uint16_t> bits;
  std::vector<double> values;
};

Operand random_operand(size_t count, uint32_t seed) {
  Operand made;
  std::mt19937 generator(seed);
  for (size_t i = 0; i < count; i++) {
    // mantissa / 4096 with mantissa in [-1024, 1024): f16 holds it without rounding.
    const int mantissa = static_cast<int>(generator() % 2048) - 1024;
    made.values.push_back(mantissa / 4096.0);
    uint16_t bits = mantissa < 0 ? 0x8000 : 0;
    int magnitude = std::abs(mantissa);
    if (magnitude) {
      int exponent = 0;
      while (magnitude >> (exponent + 1)) exponent++;
      bits |= static_cast<uint16_t>((exponent - 12 + 15) << 10);
      bits |= static_cast<uint16_t>((magnitude << (10 - exponent)) & 0x3ff);
    }
    made.bits.push_back(bits);
  }
  return made;
}

double relative_error(const std::vector<float>& sums, const Operand& a, const Operand& b,
                      int columns, int shift) {
  double difference = 0.0, size = 0.0;
  for (int m = 0; m < 64; m++) {
    for (int n = 0; n < columns; n++) {
      double wanted = 0.0;
      for (int c = 0; c < 8 * kPlanes; c++) {
        const int plane = c / 8;
        wanted += a.values[static_cast<size_t>((plane * kRowPixels + m + shift / 16) * 8 + c % 8)] *
                  b.values[static_cast<size_t>((plane * columns + n) * 8 + c % 8)];
      }
      const double off = sums[static_cast<size_t>(m * columns + n)] - wanted;
      difference += off * off;
      size += wanted * wanted;
    }
  }
  return std::sqrt(difference / size);
}

}  // namespace

std::vector<ProductsCase> products_cases() {
  std::vector<ProductsCase> cases;
  for (const Variant& each : kVariants) {
    for (int warpgroups : {1, 2}) {
      for (int shift : {0, 16, 32, 64}) {
        cases.push_back({each.columns, shift, warpgroups, each.from_registers});
        if (each.from_registers) break;  // a shift is one of addresses in shared memory
      }
    }
  }
  return cases;
}

CudaError measure_products(const ProductsCase& measured, int multiprocessors, int rounds,
                           ProductsResult& result) {
  const Variant* variant = variant_of(measured);
  if (!variant) return kInvalidArgument;
  const int columns = measured.columns;
  const Operand a = random_operand(static_cast<size_t>(kPlanes * kRowPixels * 8), 1);
  const Operand b = random_operand(static_cast<size_t>(kPlanes * columns * 8), 2);
  DeviceMemory device_a, device_b, device_sums, device_cycles;
  std::vector<float> sums(static_cast<size_t>(64 * columns), std::nanf(""));
  std::vector<int64_t> cycles(1);
  if (CudaError error = device_a.upload(a.bits)) return error;
  if (CudaError error = device_b.upload(b.bits)) return error;
  if (CudaError error = device_sums.upload(sums)) return error;
  if (CudaError error = device_cycles.upload(cycles)) return error;
  const auto run = [&](int blocks, int count) {
    if (CudaError error = variant->launch(blocks, measured.warpgroups, device_a.data(),
                                          device_b.data(), device_sums.data<float>(),
                                          device_cycles.data<int64_t>(), measured.shift, count))
      return error;
    return synchronize(nullptr);
  };
  if (CudaError error = run(1, 1)) return error;
  if (CudaError error = device_sums.download(sums)) return error;
  result.relative_error = relative_error(sums, a, b, columns, measured.shift);
  // Three times, of which the last counts: the first wake the clock.
  for (int repeat = 0; repeat < 3; repeat++) {
    if (CudaError error = run(multiprocessors, rounds)) return error;
  }
  if (CudaError error = device_cycles.download(cycles)) return error;
  const int64_t products = static_cast<int64_t>(rounds) * (kPlanes / 2) * measured.warpgroups;
  result.cycles = static_cast<double>(cycles[0]) / static_cast<double>(products);
  return 0;
}

}  // namespace fovea::cuda
