// Which planted mutant is alive: planted_mutants.h.
#include <cstdlib>

#include "tests/long/mutation/planted_mutants.h"

namespace fovea_mutation {

int alive() noexcept {
  static const int id = [] {
    const char* const text = std::getenv("FOVEA_MUTANT");
    return text == nullptr ? 0 : std::atoi(text);
  }();
  return id;
}

}  // namespace fovea_mutation
