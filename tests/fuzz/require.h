// What a fuzz target holds to be true; libFuzzer keeps the input that shows otherwise.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

namespace fovea::fuzz {

inline void require(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what.c_str());
  std::abort();
}

}  // namespace fovea::fuzz
