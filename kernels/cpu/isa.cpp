#include "kernels/cpu/isa.h"

#include <fmt/format.h>

#include <cstdlib>

#include "kernels/cpu/amx/amx_support.h"

namespace fovea::cpu {

std::string_view to_string(Isa isa) {
  switch (isa) {
    case Isa::kPortable:
      return "portable";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvx512:
      return "avx512";
    case Isa::kAmx:
      return "amx";
    case Isa::kAmxEmulated:
      return "amx-emulated";
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
    if (missing_for_amx().empty()) isas.push_back(Isa::kAmx);
  }
#endif
  return isas;
}

Result<std::optional<Isa>> forced_isa() {
  const char* forced = std::getenv("FOVEA_FORCE_ISA");
  if (forced == nullptr || *forced == '\0') return std::optional<Isa>();
  if (to_string(Isa::kAmxEmulated) == forced) return std::optional(Isa::kAmxEmulated);
  std::string names;
  for (const Isa isa : supported_isas()) {
    if (to_string(isa) == forced) return std::optional(isa);
    names += fmt::format("{}{}", names.empty() ? "" : ", ", to_string(isa));
  }
  const std::string missing =
      to_string(Isa::kAmx) == forced ? fmt::format(" and lacks {}", missing_for_amx()) : "";
  return fail(ErrorCode::kDevice, "FOVEA_FORCE_ISA={}: this machine runs {}{}", forced, names,
              missing);
}

Result<Isa> choose_isa() {
  FOVEA_ASSIGN_OR_RETURN(const std::optional<Isa> forced, forced_isa());
  if (forced) return *forced;
  const std::vector<Isa> supported = supported_isas();
  return supported.back() == Isa::kAmx ? Isa::kAvx512 : supported.back();
}

}  // namespace fovea::cpu
