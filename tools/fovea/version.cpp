#include "tools/fovea/version.h"

#include <fmt/format.h>

#include "kernels/cpu/isa.h"
#include "tools/codecs/codec.h"

namespace fovea::cli {
namespace {

std::string compiler() {
#ifdef __clang__
  return __VERSION__;
#else
  return "GCC " __VERSION__;
#endif
}

// The levels there are kernels for, and the one that a run on the CPU takes. A FOVEA_FORCE_ISA that
// names none fails such a run; here it is told.
std::string instruction_sets() {
  std::string names;
  for (const cpu::Isa isa : cpu::supported_isas()) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", cpu::to_string(isa));
  }
  const Result<cpu::Isa> chosen = cpu::choose_isa();
  return fmt::format(
      "{} ({})", names,
      chosen ? fmt::format("kernels use {}", cpu::to_string(*chosen)) : chosen.error().message);
}

}  // namespace

std::string backends_text() {
#ifdef FOVEA_HAS_CUDA
  return "cpu, reference, cuda (its device code is tested by emulation; it has not run on a GPU)";
#else
  return "cpu, reference";
#endif
}

std::string version_text() {
  return fmt::format("fovea {}\ncompiler: {}\nbackends: {}\ninstruction sets: {}\ncodecs: {}\n",
                     FOVEA_VERSION, compiler(), backends_text(), instruction_sets(),
                     codecs::versions());
}

}  // namespace fovea::cli
