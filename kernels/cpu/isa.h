// Which instruction sets this machine runs, and which of them the kernels use.
#pragma once

#include <string_view>
#include <vector>

#include "engine/status.h"

namespace fovea::cpu {

/// The levels there are kernels for, each including the ones before it.
enum class Isa {
  kPortable,  ///< what the compiler's baseline has (SSE2 on x86-64)
  kAvx2,      ///< AVX2 and FMA
  kAvx512     ///< AVX-512 F, VL, DQ and BW
};

std::string_view to_string(Isa isa);

/// The levels that this processor and its operating system run (CPUID and XGETBV), lowest first.
std::vector<Isa> supported_isas();

/// The level to use: the highest supported, or the one that the environment variable
/// FOVEA_FORCE_ISA names (portable, avx2, avx512), so that tests reach every level on one machine.
/// kDevice when it names none, or one that is not supported here.
Result<Isa> choose_isa();

}  // namespace fovea::cpu
