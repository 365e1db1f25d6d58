// Matrix products of a warpgroup (wgmma): 64 x N, 16 products a sum, operands in shared memory.
// sm_90a only.
//
// d (64 x N, f32), lane l of warp w of the warpgroup, g = l / 4, t = l % 4 (PTX ISA, "Register
// Fragments for wgmma.mma_async.m64nNk16"): d[4j + 2h + i] is row 16w + 8h + g, column 8j + 2t + i.
// Operand a in registers is mma.cuh's a of the warp's 16 rows. Operands in shared memory, both
// "K-major" and without swizzle, are made of core matrices: 8 rows (of a, or columns of b) of 16
// bytes (8 k), 128 contiguous bytes aligned to 16.
//
// The order in a kernel: keep_registers(d), wgmma_fence(), multiply ..., wgmma_commit(),
// wgmma_wait<0>(), keep_registers(d). Between multiply and wait nobody touches d. The code around
// them is uniform for the warp (see uniform()).
#pragma once

#include <cstdint>

#include "kernels/cuda/device/device.cuh"
#include "kernels/cuda/device/half.cuh"

namespace fovea::cuda {

/// The operand that starts at `address`: `leading_bytes` from a core matrix to the one of the next
/// 8 k, `stride_bytes` to the one of the next 8 rows. All three are multiples of 16 below 2^18.
FOVEA_DEVICE uint64_t matrix_descriptor(uint32_t address, uint32_t leading_bytes,
                                        uint32_t stride_bytes) {
  return static_cast<uint64_t>((address & 0x3ffffu) >> 4) |
         static_cast<uint64_t>((leading_bytes & 0x3ffffu) >> 4) << 16 |
         static_cast<uint64_t>((stride_bytes & 0x3ffffu) >> 4) << 32;
}

/// A descriptor `bytes` further: addresses are in its low 14 bits, in units of 16 bytes.
FOVEA_DEVICE uint64_t advanced(uint64_t descriptor, int bytes) {
  return descriptor + static_cast<uint64_t>(bytes / 16);
}

#ifdef FOVEA_CUDA_EMULATION

FOVEA_DEVICE void wgmma_fence() { emulation::wgmma_fence(); }
FOVEA_DEVICE void wgmma_commit() { emulation::wgmma_commit(); }
template <int kPending>
FOVEA_DEVICE void wgmma_wait() {
  emulation::wgmma_wait(kPending);
}
template <int kCount>
FOVEA_DEVICE void keep_registers(float (&)[kCount]) {}
template <int kCount>
FOVEA_DEVICE void keep_registers(uint32_t (&)[kCount]) {}
template <int kRegisters>
FOVEA_DEVICE void set_max_registers_increase() {
  emulation::set_max_registers(kRegisters, true);
}
template <int kRegisters>
FOVEA_DEVICE void set_max_registers_decrease() {
  emulation::set_max_registers(kRegisters, false);
}

template <class T, int kN>
struct Wgmma {
  static_assert(kN >= 8 && kN <= 256 && kN % 8 == 0, "the shapes of wgmma");
  static FOVEA_DEVICE void multiply(float (&d)[kN / 2], uint64_t a, uint64_t b, bool accumulate) {
    emulation::wgmma(d, kN, a, b, accumulate, emulation::matrix_type<T>());
  }
  static FOVEA_DEVICE void multiply(float (&d)[kN / 2], const uint32_t (&a)[4], uint64_t b,
                                    bool accumulate) {
    emulation::wgmma(d, kN, a, b, accumulate, emulation::matrix_type<T>());
  }
};

#else

/// Before the first multiply, and whenever a register that multiply uses was touched since.
FOVEA_DEVICE void wgmma_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }

/// The multiplies since the last commit become a group.
FOVEA_DEVICE void wgmma_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }

/// Until at most the kPending newest groups are under way.
template <int kPending>
FOVEA_DEVICE void wgmma_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kPending) : "memory");
}

/// Keeps the compiler from moving accesses to accumulators across this point. Without it ptxas may
/// see them touched while wgmma is under way, and serialises (its warning C7511).
template <int kCount>
FOVEA_DEVICE void keep_registers(float (&d)[kCount]) {
  FOVEA_UNROLL
  for (int i = 0; i < kCount; i++) asm volatile("" : "+f"(d[i])::"memory");
}
/// The same for an operand in registers.
template <int kCount>
FOVEA_DEVICE void keep_registers(uint32_t (&a)[kCount]) {
  FOVEA_UNROLL
  for (int i = 0; i < kCount; i++) asm volatile("" : "+r"(a[i])::"memory");
}

/// The warpgroup's registers a thread, a multiple of 8 in 24 ... 256, from or to the block's pool.
template <int kRegisters>
FOVEA_DEVICE void set_max_registers_increase() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(kRegisters));
}
template <int kRegisters>
FOVEA_DEVICE void set_max_registers_decrease() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(kRegisters));
}

/// d = a b, plus d if `accumulate`. a and b by descriptor, or a (64 x 16) from registers.
template <class T, int kN>
struct Wgmma;

// Register lists of 4 to 128 accumulators: four for every 8 columns.
#define FOVEA_D1 "%0, %1, %2, %3"
#define FOVEA_D2 FOVEA_D1 ", %4, %5, %6, %7"
#define FOVEA_D3 FOVEA_D2 ", %8, %9, %10, %11"
#define FOVEA_D4 FOVEA_D3 ", %12, %13, %14, %15"
#define FOVEA_D5 FOVEA_D4 ", %16, %17, %18, %19"
#define FOVEA_D6 FOVEA_D5 ", %20, %21, %22, %23"
#define FOVEA_D7 FOVEA_D6 ", %24, %25, %26, %27"
#define FOVEA_D8 FOVEA_D7 ", %28, %29, %30, %31"
#define FOVEA_D9 FOVEA_D8 ", %32, %33, %34, %35"
#define FOVEA_D10 FOVEA_D9 ", %36, %37, %38, %39"
#define FOVEA_D11 FOVEA_D10 ", %40, %41, %42, %43"
#define FOVEA_D12 FOVEA_D11 ", %44, %45, %46, %47"
#define FOVEA_D13 FOVEA_D12 ", %48, %49, %50, %51"
#define FOVEA_D14 FOVEA_D13 ", %52, %53, %54, %55"
#define FOVEA_D15 FOVEA_D14 ", %56, %57, %58, %59"
#define FOVEA_D16 FOVEA_D15 ", %60, %61, %62, %63"
#define FOVEA_D17 FOVEA_D16 ", %64, %65, %66, %67"
#define FOVEA_D18 FOVEA_D17 ", %68, %69, %70, %71"
#define FOVEA_D19 FOVEA_D18 ", %72, %73, %74, %75"
#define FOVEA_D20 FOVEA_D19 ", %76, %77, %78, %79"
#define FOVEA_D21 FOVEA_D20 ", %80, %81, %82, %83"
#define FOVEA_D22 FOVEA_D21 ", %84, %85, %86, %87"
#define FOVEA_D23 FOVEA_D22 ", %88, %89, %90, %91"
#define FOVEA_D24 FOVEA_D23 ", %92, %93, %94, %95"
#define FOVEA_D25 FOVEA_D24 ", %96, %97, %98, %99"
#define FOVEA_D26 FOVEA_D25 ", %100, %101, %102, %103"
#define FOVEA_D27 FOVEA_D26 ", %104, %105, %106, %107"
#define FOVEA_D28 FOVEA_D27 ", %108, %109, %110, %111"
#define FOVEA_D29 FOVEA_D28 ", %112, %113, %114, %115"
#define FOVEA_D30 FOVEA_D29 ", %116, %117, %118, %119"
#define FOVEA_D31 FOVEA_D30 ", %120, %121, %122, %123"
#define FOVEA_D32 FOVEA_D31 ", %124, %125, %126, %127"
#define FOVEA_O(j) "+f"(d[4 * j]), "+f"(d[4 * j + 1]), "+f"(d[4 * j + 2]), "+f"(d[4 * j + 3])
#define FOVEA_O1 FOVEA_O(0)
#define FOVEA_O2 FOVEA_O1, FOVEA_O(1)
#define FOVEA_O3 FOVEA_O2, FOVEA_O(2)
#define FOVEA_O4 FOVEA_O3, FOVEA_O(3)
#define FOVEA_O5 FOVEA_O4, FOVEA_O(4)
#define FOVEA_O6 FOVEA_O5, FOVEA_O(5)
#define FOVEA_O7 FOVEA_O6, FOVEA_O(6)
#define FOVEA_O8 FOVEA_O7, FOVEA_O(7)
#define FOVEA_O9 FOVEA_O8, FOVEA_O(8)
#define FOVEA_O10 FOVEA_O9, FOVEA_O(9)
#define FOVEA_O11 FOVEA_O10, FOVEA_O(10)
#define FOVEA_O12 FOVEA_O11, FOVEA_O(11)
#define FOVEA_O13 FOVEA_O12, FOVEA_O(12)
#define FOVEA_O14 FOVEA_O13, FOVEA_O(13)
#define FOVEA_O15 FOVEA_O14, FOVEA_O(14)
#define FOVEA_O16 FOVEA_O15, FOVEA_O(15)
#define FOVEA_O17 FOVEA_O16, FOVEA_O(16)
#define FOVEA_O18 FOVEA_O17, FOVEA_O(17)
#define FOVEA_O19 FOVEA_O18, FOVEA_O(18)
#define FOVEA_O20 FOVEA_O19, FOVEA_O(19)
#define FOVEA_O21 FOVEA_O20, FOVEA_O(20)
#define FOVEA_O22 FOVEA_O21, FOVEA_O(21)
#define FOVEA_O23 FOVEA_O22, FOVEA_O(22)
#define FOVEA_O24 FOVEA_O23, FOVEA_O(23)
#define FOVEA_O25 FOVEA_O24, FOVEA_O(24)
#define FOVEA_O26 FOVEA_O25, FOVEA_O(25)
#define FOVEA_O27 FOVEA_O26, FOVEA_O(26)
#define FOVEA_O28 FOVEA_O27, FOVEA_O(27)
#define FOVEA_O29 FOVEA_O28, FOVEA_O(28)
#define FOVEA_O30 FOVEA_O29, FOVEA_O(29)
#define FOVEA_O31 FOVEA_O30, FOVEA_O(30)
#define FOVEA_O32 FOVEA_O31, FOVEA_O(31)

// Operands are numbered, so a shape names the numbers that follow those of its accumulators: p0 ...
// p2 are descriptors a and b and the flag; p0 ... p5 with a in registers.
#define FOVEA_WGMMA(T, type, n, groups, p0, p1, p2, p3, p4, p5)                                   \
  template <>                                                                                     \
  struct Wgmma<T, n> {                                                                            \
    static FOVEA_DEVICE void multiply(float (&d)[n / 2], uint64_t a, uint64_t b,                  \
                                      bool accumulate) {                                          \
      asm volatile(                                                                               \
          "{\n"                                                                                   \
          ".reg .pred accumulate;\n"                                                              \
          "setp.ne.b32 accumulate, %" #p2                                                         \
          ", 0;\n"                                                                                \
          "wgmma.mma_async.sync.aligned.m64n" #n "k16.f32." #type "." #type " {" FOVEA_D##groups  \
          "}, %" #p0 ", %" #p1                                                                    \
          ", accumulate, 1, 1, 0, 0;\n"                                                           \
          "}"                                                                                     \
          : FOVEA_O##groups                                                                       \
          : "l"(a), "l"(b), "r"(static_cast<int>(accumulate))                                     \
          : "memory");                                                                            \
    }                                                                                             \
    static FOVEA_DEVICE void multiply(float (&d)[n / 2], const uint32_t (&a)[4], uint64_t b,      \
                                      bool accumulate) {                                          \
      asm volatile(                                                                               \
          "{\n"                                                                                   \
          ".reg .pred accumulate;\n"                                                              \
          "setp.ne.b32 accumulate, %" #p5                                                         \
          ", 0;\n"                                                                                \
          "wgmma.mma_async.sync.aligned.m64n" #n "k16.f32." #type "." #type " {" FOVEA_D##groups  \
          "}, {%" #p0 ", %" #p1 ", %" #p2 ", %" #p3 "}, %" #p4                                    \
          ", accumulate, 1, 1, 0;\n"                                                              \
          "}"                                                                                     \
          : FOVEA_O##groups                                                                       \
          : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(static_cast<int>(accumulate)) \
          : "memory");                                                                            \
    }                                                                                             \
  };
#define FOVEA_WGMMA_BOTH(n, groups, ...)         \
  FOVEA_WGMMA(Half, f16, n, groups, __VA_ARGS__) \
  FOVEA_WGMMA(Bfloat16, bf16, n, groups, __VA_ARGS__)

FOVEA_WGMMA_BOTH(8, 1, 4, 5, 6, 7, 8, 9)
FOVEA_WGMMA_BOTH(16, 2, 8, 9, 10, 11, 12, 13)
FOVEA_WGMMA_BOTH(24, 3, 12, 13, 14, 15, 16, 17)
FOVEA_WGMMA_BOTH(32, 4, 16, 17, 18, 19, 20, 21)
FOVEA_WGMMA_BOTH(40, 5, 20, 21, 22, 23, 24, 25)
FOVEA_WGMMA_BOTH(48, 6, 24, 25, 26, 27, 28, 29)
FOVEA_WGMMA_BOTH(56, 7, 28, 29, 30, 31, 32, 33)
FOVEA_WGMMA_BOTH(64, 8, 32, 33, 34, 35, 36, 37)
FOVEA_WGMMA_BOTH(72, 9, 36, 37, 38, 39, 40, 41)
FOVEA_WGMMA_BOTH(80, 10, 40, 41, 42, 43, 44, 45)
FOVEA_WGMMA_BOTH(88, 11, 44, 45, 46, 47, 48, 49)
FOVEA_WGMMA_BOTH(96, 12, 48, 49, 50, 51, 52, 53)
FOVEA_WGMMA_BOTH(104, 13, 52, 53, 54, 55, 56, 57)
FOVEA_WGMMA_BOTH(112, 14, 56, 57, 58, 59, 60, 61)
FOVEA_WGMMA_BOTH(120, 15, 60, 61, 62, 63, 64, 65)
FOVEA_WGMMA_BOTH(128, 16, 64, 65, 66, 67, 68, 69)
FOVEA_WGMMA_BOTH(136, 17, 68, 69, 70, 71, 72, 73)
FOVEA_WGMMA_BOTH(144, 18, 72, 73, 74, 75, 76, 77)
FOVEA_WGMMA_BOTH(152, 19, 76, 77, 78, 79, 80, 81)
FOVEA_WGMMA_BOTH(160, 20, 80, 81, 82, 83, 84, 85)
FOVEA_WGMMA_BOTH(168, 21, 84, 85, 86, 87, 88, 89)
FOVEA_WGMMA_BOTH(176, 22, 88, 89, 90, 91, 92, 93)
FOVEA_WGMMA_BOTH(184, 23, 92, 93, 94, 95, 96, 97)
FOVEA_WGMMA_BOTH(192, 24, 96, 97, 98, 99, 100, 101)
FOVEA_WGMMA_BOTH(200, 25, 100, 101, 102, 103, 104, 105)
FOVEA_WGMMA_BOTH(208, 26, 104, 105, 106, 107, 108, 109)
FOVEA_WGMMA_BOTH(216, 27, 108, 109, 110, 111, 112, 113)
FOVEA_WGMMA_BOTH(224, 28, 112, 113, 114, 115, 116, 117)
FOVEA_WGMMA_BOTH(232, 29, 116, 117, 118, 119, 120, 121)
FOVEA_WGMMA_BOTH(240, 30, 120, 121, 122, 123, 124, 125)
FOVEA_WGMMA_BOTH(248, 31, 124, 125, 126, 127, 128, 129)
FOVEA_WGMMA_BOTH(256, 32, 128, 129, 130, 131, 132, 133)

#undef FOVEA_WGMMA_BOTH
#undef FOVEA_WGMMA

#endif

}  // namespace fovea::cuda
