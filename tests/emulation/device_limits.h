// What a block and a grid may be at each compute capability. Internal to the emulation.
#pragma once

#include <array>
#include <cstddef>

namespace fovea::emulation {

/// Dynamic shared memory of a block, with the opt-in, in bytes; 0 for what is not emulated.
constexpr size_t max_shared_bytes(int capability) {
  switch (capability) {
    case 75:
      return 64 * 1024;
    case 80:
      return 163 * 1024;
    case 86:
    case 89:
    case 120:
      return 99 * 1024;
    case 90:
    case 100:
      return 227 * 1024;
    default:
      return 0;
  }
}

constexpr unsigned kMaxBlockThreads = 1024;
constexpr std::array<unsigned, 3> kMaxGrid = {2147483647u, 65535u, 65535u};

}  // namespace fovea::emulation
