#include "tools/fovea/version.h"

#include <fmt/format.h>

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

std::string instruction_sets() {
#if defined(__x86_64__)
  // The compiler's builtin takes literals only, hence no loop.
  std::string sets = "x86-64 (this processor also has:";
  const size_t bare = sets.size();
  if (__builtin_cpu_supports("sse4.2")) sets += " SSE4.2";
  if (__builtin_cpu_supports("avx")) sets += " AVX";
  if (__builtin_cpu_supports("avx2")) sets += " AVX2";
  if (__builtin_cpu_supports("fma")) sets += " FMA";
  if (__builtin_cpu_supports("avx512f")) sets += " AVX-512F";
  if (sets.size() == bare) sets += " nothing of use here";
  return sets + "; the reference backend needs none of it)";
#elif defined(__aarch64__)
  return "AArch64";
#else
  return "those of the compiler's default target";
#endif
}

}  // namespace

std::string version_text() {
  return fmt::format(
      "fovea {}\ncompiler: {}\nbackends: reference\ninstruction sets: {}\ncodecs: {}\n",
      FOVEA_VERSION, compiler(), instruction_sets(), codecs::versions());
}

}  // namespace fovea::cli
