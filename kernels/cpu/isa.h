// Which instruction sets this machine runs, and which of them the kernels use.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "engine/status.h"

namespace fovea::cpu {

/// The levels there are kernels for, each including the ones before it.
enum class Isa {
  kPortable,    ///< what the compiler's baseline has (SSE2 on x86-64)
  kAvx2,        ///< AVX2 and FMA
  kAvx512,      ///< AVX-512 F, VL, DQ and BW
  kAmx,         ///< AMX-TILE and AMX-BF16 beside AVX-512
  kAmxEmulated  ///< the AMX kernels over tile registers in plain C++, on any machine; for tests
};

std::string_view to_string(Isa isa);

/// The levels that this processor and its operating system run (CPUID and XGETBV), lowest first;
/// without kAmxEmulated, which runs everywhere.
std::vector<Isa> supported_isas();

/// The level that the environment variable FOVEA_FORCE_ISA names (portable, avx2, avx512, amx,
/// amx-emulated), so that tests reach every level on one machine; none where it is not set. kDevice
/// when it names none, or one that is not supported here.
Result<std::optional<Isa>> forced_isa();

/// The forced level, or the highest supported up to AVX-512. Not AMX, until it has been measured on
/// a machine that has it: at f32's accuracy it takes three products of bf16 a term, and on paper
/// that is as fast as Winograd F(6x6, 3x3) in AVX-512, no faster.
Result<Isa> choose_isa();

}  // namespace fovea::cpu
