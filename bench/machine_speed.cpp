#include "bench/machine_speed.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

namespace fovea::bench {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// The best of this many seconds: the clock has risen by then, and one quiet moment will be among
// them.
constexpr double kLongEnough = 0.1;

// Chains of x <- x * 0.5 + 1 (which stays near 2) that do not wait for each other: a multiply-add
// takes 4 or 5 cycles and two start in each, so that 10 chains keep both units busy; 12 and the two
// constants fit 16 registers.
constexpr int kChains = 12;
constexpr int64_t kSteps = 20'000;  // about 0.05 ms, less than a turn of the scheduler

#if defined(__x86_64__)
// Registers by name: what is measured is these instructions and nothing a compiler makes of them.
#define FOVEA_CHAIN(kind, i) "vfmadd213ps %%" kind "13, %%" kind "12, %%" kind #i "\n\t"
#define FOVEA_FILL(kind, i) "vbroadcastss %[one], %%" kind #i "\n\t"
#define FOVEA_EACH(what, kind)                                                        \
  what(kind, 0) what(kind, 1) what(kind, 2) what(kind, 3) what(kind, 4) what(kind, 5) \
      what(kind, 6) what(kind, 7) what(kind, 8) what(kind, 9) what(kind, 10) what(kind, 11)
#define FOVEA_MULTIPLY_ADDS(kind) \
  int64_t steps = kSteps;         \
  const float one = 1.0f;         \
  const float half = 0.5f;        \
  asm volatile(FOVEA_EACH(FOVEA_FILL, kind) "vbroadcastss %[half], %%" kind               \
                                            "12\n\t"                                      \
                                            "vbroadcastss %[one], %%" kind                \
                                            "13\n"                                        \
                                            "1:\n\t" FOVEA_EACH(FOVEA_CHAIN, kind)        \
                                                "dec %[steps]\n\t"                        \
                                                "jnz 1b\n\t"                              \
                                                "vzeroupper"                              \
               : [steps] "+r"(steps)                                                      \
               : [one] "m"(one), [half] "m"(half)                                         \
               : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",    \
                 "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15")

void multiply_adds_avx2() { FOVEA_MULTIPLY_ADDS("ymm"); }
void multiply_adds_avx512() { FOVEA_MULTIPLY_ADDS("zmm"); }
#endif

void multiply_adds_portable() {
  using Lanes = float __attribute__((vector_size(16)));
  Lanes half = {0.5f, 0.5f, 0.5f, 0.5f};
  const Lanes one = half + half;
  Lanes x[kChains] = {};
  for (int64_t step = 0; step < kSteps; ++step) {
    // An empty statement that may change `half`: the loop cannot be computed beforehand.
    asm volatile("" : "+m"(half));
    for (Lanes& chain : x) chain = chain * half + one;
  }
  for (Lanes& chain : x) asm volatile("" : : "m"(chain));
}

struct Loop {
  void (*run)();
  int64_t lanes;
};

Loop loop_of(cpu::Isa isa) {
#if defined(__x86_64__)
  if (isa == cpu::Isa::kAvx2) return {multiply_adds_avx2, 8};
  // Levels above AVX-512 have no wider f32 instructions than its.
  const std::vector<cpu::Isa> runs = cpu::supported_isas();
  const bool wide = std::find(runs.begin(), runs.end(), cpu::Isa::kAvx512) != runs.end();
  if (isa != cpu::Isa::kPortable && wide) return {multiply_adds_avx512, 16};
#endif
  (void)isa;
  return {multiply_adds_portable, 4};
}

}  // namespace

double clock_ghz() {
#if defined(__x86_64__)
  constexpr int64_t kRounds = 200'000;
  double best = 0;
  for (const Clock::time_point begin = Clock::now(); seconds_since(begin) < kLongEnough;) {
    int64_t sum = 0;
    const int64_t one = 1;
    const Clock::time_point start = Clock::now();
    for (int64_t round = 0; round < kRounds; ++round) {
      // A register, not the constant 1: newer cores add small constants in no time at all.
      asm volatile(
          "add %1, %0\n\tadd %1, %0\n\tadd %1, %0\n\tadd %1, %0\n\t"
          "add %1, %0\n\tadd %1, %0\n\tadd %1, %0\n\tadd %1, %0"
          : "+r"(sum)
          : "r"(one)
          : "cc");
    }
    best = std::max(best, static_cast<double>(sum) / seconds_since(start) * 1e-9);
  }
  return best;
#else
  return 0;
#endif
}

double peak_gflops(cpu::Isa isa, ThreadTeam& team) {
  const Loop loop = loop_of(isa);
  const int64_t items = 16 * team.size();
  const double operations = 2.0 * static_cast<double>(kSteps * kChains * loop.lanes * items);
  double best = 0;
  for (const Clock::time_point begin = Clock::now(); seconds_since(begin) < kLongEnough;) {
    const Clock::time_point start = Clock::now();
    team.run(items, [&](int64_t, int) { loop.run(); });
    best = std::max(best, operations / seconds_since(start) * 1e-9);
  }
  return best;
}

}  // namespace fovea::bench
