// What a warpgroup may do while products of wgmma are under way, and with their sums before the
// next: in words that leave ptxas no reason to serialise.
//
// A branch that differs between threads makes ptxas wait for the products first (its warning
// C7518), so accesses that only some threads make are predicated instead. And a copy of sums from
// one register to another that the compiler may place itself ends up among the products (C7519).
#pragma once

#include <cstdint>

#include "kernels/cuda/device/device.cuh"

namespace fovea::cuda {

#ifdef FOVEA_CUDA_EMULATION

FOVEA_DEVICE float copied(float value) { return value; }
FOVEA_DEVICE void store_if(bool condition, void* address, uint32_t value) {
  if (condition) *static_cast<uint32_t*>(address) = value;
}
FOVEA_DEVICE void store_if(bool condition, void* address, uint32_t first, uint32_t second) {
  store_if(condition, address, first);
  store_if(condition, static_cast<uint8_t*>(address) + 4, second);
}
FOVEA_DEVICE uint32_t load_if(bool condition, const void* address) {
  return condition ? *static_cast<const uint32_t*>(address) : 0;
}

#else

/// `value` in another register, copied here and not earlier.
FOVEA_DEVICE float copied(float value) {
  float result;
  asm volatile("mov.f32 %0, %1;" : "=f"(result) : "f"(value));
  return result;
}

/// 4 bytes to global memory, where `condition` holds.
FOVEA_DEVICE void store_if(bool condition, void* address, uint32_t value) {
  asm volatile(
      "{\n"
      ".reg .pred condition;\n"
      "setp.ne.b32 condition, %2, 0;\n"
      "@condition st.global.b32 [%0], %1;\n"
      "}" ::"l"(__cvta_generic_to_global(address)),
      "r"(value), "r"(static_cast<int>(condition))
      : "memory");
}

/// The same with 8 bytes.
FOVEA_DEVICE void store_if(bool condition, void* address, uint32_t first, uint32_t second) {
  asm volatile(
      "{\n"
      ".reg .pred condition;\n"
      "setp.ne.b32 condition, %3, 0;\n"
      "@condition st.global.v2.b32 [%0], {%1, %2};\n"
      "}" ::"l"(__cvta_generic_to_global(address)),
      "r"(first), "r"(second), "r"(static_cast<int>(condition))
      : "memory");
}

/// 4 bytes of global memory where `condition` holds, else 0.
FOVEA_DEVICE uint32_t load_if(bool condition, const void* address) {
  uint32_t result;
  asm volatile(
      "{\n"
      ".reg .pred condition;\n"
      "setp.ne.b32 condition, %2, 0;\n"
      "mov.b32 %0, 0;\n"
      "@condition ld.global.b32 %0, [%1];\n"
      "}"
      : "=r"(result)
      : "l"(__cvta_generic_to_global(address)), "r"(static_cast<int>(condition))
      : "memory");
  return result;
}

#endif

}  // namespace fovea::cuda
