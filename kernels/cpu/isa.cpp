#include "kernels/cpu/isa.h"

#include <fmt/format.h>

#include <cstdlib>

namespace fovea::cpu {

std::string_view to_string(Isa isa) {
  switch (isa) {
    case Isa::kPortable:
      return "portable";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvx512:
      return "avx512";
  }
  return "";
}

std::vector<Isa> supported_isas() {
  std::vector<Isa> isas{Isa::kPortable};
#if defined(__x86_64__)
  // The builtins read XCR0 too: an operating system (or a virtual machine) that does not save the
  // wide registers turns the feature off.
  __builtin_cpu_init();
  // Every processor with AVX2 has F16C; GCC 12 cannot be asked for it.
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    isas.push_back(Isa::kAvx2);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
      isas.push_back(Isa::kAvx512);
  }
#endif
  return isas;
}

Result<Isa> choose_isa() {
  const std::vector<Isa> supported = supported_isas();
  const char* forced = std::getenv("FOVEA_FORCE_ISA");
  if (forced == nullptr || *forced == '\0') return supported.back();
  std::string names;
  for (const Isa isa : supported) {
    if (to_string(isa) == forced) return isa;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", to_string(isa));
  }
  return fail(ErrorCode::kDevice, "FOVEA_FORCE_ISA={}: this machine runs {}", forced, names);
}

}  // namespace fovea::cpu
