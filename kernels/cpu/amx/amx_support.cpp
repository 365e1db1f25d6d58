#include "kernels/cpu/amx/amx_support.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#endif

namespace fovea::cpu {

#if defined(__x86_64__) && defined(__linux__)
namespace {

struct Leaf {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Leaf cpuid(uint32_t leaf, uint32_t subleaf) {
  Leaf found;
  __get_cpuid_count(leaf, subleaf, &found.eax, &found.ebx, &found.ecx, &found.edx);
  return found;
}

bool has_bit(uint64_t bits, int bit) { return ((bits >> bit) & 1u) != 0; }

// XCR0: the registers that the operating system saves.
uint64_t saved_registers() {
  constexpr int kOsxsave = 27;
  if (!has_bit(cpuid(1, 0).ecx, kOsxsave)) return 0;
  uint32_t low = 0;
  uint32_t high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<uint64_t>(high) << 32) | low;
}

// Linux hands out the 8 KB of tile data only to processes that asked (arch/x86/xstate.rst in its
// documentation); threads have what their process has.
bool is_permitted() {
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;               // XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

}  // namespace

std::string missing_for_amx() {
  constexpr int kAmxBf16 = 22;
  constexpr int kAmxTile = 24;
  constexpr int kTileConfigSaved = 17;
  constexpr int kTileDataSaved = 18;
  const Leaf features = cpuid(7, 0);
  const bool tile = has_bit(features.edx, kAmxTile);
  const bool bf16 = has_bit(features.edx, kAmxBf16);
  if (!tile && !bf16) return "AMX-TILE and AMX-BF16 in the processor";
  if (!tile) return "AMX-TILE in the processor";
  if (!bf16) return "AMX-BF16 in the processor";
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512vl") ||
      !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512bw"))
    return "AVX-512 beside AMX";
  const uint64_t saved = saved_registers();
  if (!has_bit(saved, kTileConfigSaved) || !has_bit(saved, kTileDataSaved))
    return "an operating system that saves tile registers (Linux 5.16 or later)";
  if (!is_permitted()) return "the permission of Linux to use tile registers";
  return "";
}
#else
std::string missing_for_amx() { return "an x86-64 processor under Linux"; }
#endif

}  // namespace fovea::cpu
