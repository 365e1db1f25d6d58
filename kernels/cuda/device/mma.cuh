// Matrix products of a warp (mma.sync) and the loads and stores of its fragments. sm_75 and later.
//
// Fragments, for lane l with g = l / 4 and t = l % 4 (PTX ISA, "Matrix Fragments for
// mma.m16n8k16"):
//   a[0], a[1]: rows g and g + 8, columns 2t and 2t + 1; a[2], a[3]: the same rows, columns + 8
//   b[0], b[1]: of column g, rows 2t and 2t + 1, and + 8
//   d[0], d[1]: row g, columns 2t and 2t + 1; d[2], d[3]: row g + 8
// The lower half of a register holds the lower index.
#pragma once

#include <cstdint>

#include "kernels/cuda/device/device.cuh"
#include "kernels/cuda/device/half.cuh"

namespace fovea::cuda {

#ifdef FOVEA_CUDA_EMULATION

template <class T>
FOVEA_DEVICE void mma_m16n8k16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  emulation::mma_m16n8k16(d, a, b, emulation::matrix_type<T>());
}
FOVEA_DEVICE void load_matrix_x1(uint32_t (&r)[1], uint32_t address) {
  emulation::load_matrix(r, 1, address, false);
}
FOVEA_DEVICE void load_matrix_x2(uint32_t (&r)[2], uint32_t address) {
  emulation::load_matrix(r, 2, address, false);
}
FOVEA_DEVICE void load_matrix_x4(uint32_t (&r)[4], uint32_t address) {
  emulation::load_matrix(r, 4, address, false);
}
FOVEA_DEVICE void load_matrix_x1_transposed(uint32_t (&r)[1], uint32_t address) {
  emulation::load_matrix(r, 1, address, true);
}
FOVEA_DEVICE void load_matrix_x2_transposed(uint32_t (&r)[2], uint32_t address) {
  emulation::load_matrix(r, 2, address, true);
}
FOVEA_DEVICE void load_matrix_x4_transposed(uint32_t (&r)[4], uint32_t address) {
  emulation::load_matrix(r, 4, address, true);
}
FOVEA_DEVICE void store_matrix_x4(uint32_t address, const uint32_t (&r)[4]) {
  emulation::store_matrix(r, 4, address);
}

#else

/// d += a b, 16 x 8 with 16 products a sum. T = Bfloat16 needs sm_80: before it, it traps.
template <class T>
FOVEA_DEVICE void mma_m16n8k16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]);

template <>
FOVEA_DEVICE void mma_m16n8k16<Half>(float (&d)[4], const uint32_t (&a)[4],
                                     const uint32_t (&b)[2]) {
#if __CUDA_ARCH__ >= 800
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
      "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  // Turing has k = 8 only. Its fragments are the two halves of those above.
  FOVEA_UNROLL
  for (int half = 0; half < 2; half++) {
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 "
        "{%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[2 * half]), "r"(a[2 * half + 1]), "r"(b[half]));
  }
#endif
}

template <>
FOVEA_DEVICE void mma_m16n8k16<Bfloat16>(float (&d)[4], const uint32_t (&a)[4],
                                         const uint32_t (&b)[2]) {
#if __CUDA_ARCH__ >= 800
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
      "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  __trap();
#endif
}

/// 8 x 8 matrices of 16-bit elements from shared memory. Lane 8m + i gives the address of row i of
/// matrix m, 16 bytes, aligned to 16; every lane gives a valid address, also where it is not asked
/// for. r[m] gets elements 2t and 2t + 1 of row g; transposed, rows 2t and 2t + 1 of column g.
FOVEA_DEVICE void load_matrix_x1(uint32_t (&r)[1], uint32_t address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%0}, [%1];"
               : "=r"(r[0])
               : "r"(address)
               : "memory");
}
FOVEA_DEVICE void load_matrix_x2(uint32_t (&r)[2], uint32_t address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];"
               : "=r"(r[0]), "=r"(r[1])
               : "r"(address)
               : "memory");
}
FOVEA_DEVICE void load_matrix_x4(uint32_t (&r)[4], uint32_t address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(address)
               : "memory");
}
FOVEA_DEVICE void load_matrix_x1_transposed(uint32_t (&r)[1], uint32_t address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x1.trans.shared.b16 {%0}, [%1];"
               : "=r"(r[0])
               : "r"(address)
               : "memory");
}
FOVEA_DEVICE void load_matrix_x2_transposed(uint32_t (&r)[2], uint32_t address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];"
               : "=r"(r[0]), "=r"(r[1])
               : "r"(address)
               : "memory");
}
FOVEA_DEVICE void load_matrix_x4_transposed(uint32_t (&r)[4], uint32_t address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(address)
               : "memory");
}

/// The inverse of load_matrix_x4. sm_90 and later.
FOVEA_DEVICE void store_matrix_x4(uint32_t address, const uint32_t (&r)[4]) {
  asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(address),
               "r"(r[0]), "r"(r[1]), "r"(r[2]), "r"(r[3])
               : "memory");
}

#endif

}  // namespace fovea::cuda
