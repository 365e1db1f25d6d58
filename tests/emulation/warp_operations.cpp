// What the 32 threads of a warp do together: shuffles, votes, fragments of matrices, mma.sync.
// Each lane leaves pointers to its registers, and the last to come does the work for all.
#include <fmt/core.h>

#include <cstring>

#include "tests/emulation/block.h"
#include "tests/emulation/numbers.h"

namespace fovea::emulation {
namespace {

/// The lanes of the running thread's warp; null where the block has no such thread.
struct Lanes {
  Lanes() {
    const int first = block.self().index / kWarp * kWarp;
    for (int l = 0; l < kWarp; l++) {
      lane[l] = first + l < block.thread_count() ? &block.thread(first + l) : nullptr;
    }
  }
  Thread* lane[kWarp];
};

template <class Source>
uint32_t shuffle_from(uint32_t value, int number, Source source) {
  Thread& self = block.self();
  self.input[0] = &value;
  uint32_t result = 0;
  self.output = &result;
  self.number = number;
  block.meet_warp(Operation::kShuffle, 0, [&] {
    const Lanes lanes;
    for (int l = 0; l < kWarp; l++) {
      Thread* thread = lanes.lane[l];
      if (!thread) continue;
      const int from = source(l, thread->number);
      const Thread* giver = lanes.lane[from];
      if (!giver) {
        block.error(fmt::format("shuffle from lane {}, which the block has not", from));
        continue;
      }
      std::memcpy(thread->output, giver->input[0], sizeof(uint32_t));
    }
  });
  return result;
}

bool all_lanes(const Lanes& lanes, const char* what) {
  if (lanes.lane[kWarp - 1]) return true;
  block.error(fmt::format("{} by a warp of fewer than 32 threads", what));
  return false;
}

bool needs(int capability, const char* what) {
  if (compute_capability() >= capability) return true;
  block.error(fmt::format("{} needs compute capability {}, this is {}", what, capability,
                          compute_capability()));
  return false;
}

constexpr size_t kMatrixRowBytes = 16;

}  // namespace

uint32_t shuffle(uint32_t value, int lane) {
  return shuffle_from(value, lane, [](int, int from) { return from & (kWarp - 1); });
}

uint32_t shuffle_down(uint32_t value, int distance) {
  return shuffle_from(value, distance,
                      [](int l, int by) { return l + by < kWarp && by >= 0 ? l + by : l; });
}

uint32_t shuffle_xor(uint32_t value, int mask) {
  return shuffle_from(value, mask, [](int l, int bits) {
    const int from = l ^ bits;
    return from >= 0 && from < kWarp ? from : l;
  });
}

uint32_t ballot(bool predicate) {
  Thread& self = block.self();
  self.number = predicate;
  uint32_t result = 0;
  self.output = &result;
  block.meet_warp(Operation::kBallot, 0, [&] {
    const Lanes lanes;
    uint32_t bits = 0;
    for (int l = 0; l < kWarp; l++) {
      if (lanes.lane[l] && lanes.lane[l]->number) bits |= uint32_t{1} << l;
    }
    for (Thread* thread : lanes.lane) {
      if (thread) std::memcpy(thread->output, &bits, sizeof bits);
    }
  });
  return result;
}

uint32_t atomic_or(uint32_t* address, uint32_t value) {
  const uint32_t before = *address;
  *address = before | value;
  block.perhaps_yield();
  return before;
}

uint32_t atomic_add(uint32_t* address, uint32_t value) {
  const uint32_t before = *address;
  *address = before + value;
  block.perhaps_yield();
  return before;
}

void load_matrix(uint32_t* registers, int matrices, uint32_t address, bool transposed) {
  Thread& self = block.self();
  self.output = registers;
  self.word = address;
  block.meet_warp(Operation::kLoadMatrix, 2 * matrices + transposed, [&] {
    const Lanes lanes;
    if (!needs(75, "load_matrix") || !all_lanes(lanes, "load_matrix")) return;
    for (int m = 0; m < matrices; m++) {
      uint16_t matrix[8][8];
      std::memset(matrix, 0xff, sizeof matrix);
      for (int row = 0; row < 8; row++) {
        const uint8_t* from = block.shared_at(lanes.lane[8 * m + row]->word, kMatrixRowBytes,
                                              kMatrixRowBytes, "load_matrix");
        if (!from) continue;
        race_watch.read(lanes.lane[8 * m + row]->index, from, kMatrixRowBytes);
        std::memcpy(matrix[row], from, kMatrixRowBytes);
      }
      for (int l = 0; l < kWarp; l++) {
        const int g = l / 4;
        const int t = l % 4;
        const uint32_t low = transposed ? matrix[2 * t][g] : matrix[g][2 * t];
        const uint32_t high = transposed ? matrix[2 * t + 1][g] : matrix[g][2 * t + 1];
        static_cast<uint32_t*>(lanes.lane[l]->output)[m] = low | high << 16;
      }
    }
    // Lanes that no matrix asks for give an address too: on sm_75 a bad one is a fault.
    for (int l = 8 * matrices; l < kWarp; l++) {
      block.shared_at(lanes.lane[l]->word, kMatrixRowBytes, kMatrixRowBytes, "load_matrix");
    }
  });
}

void store_matrix(const uint32_t* registers, int matrices, uint32_t address) {
  Thread& self = block.self();
  self.input[0] = registers;
  self.word = address;
  block.meet_warp(Operation::kStoreMatrix, matrices, [&] {
    const Lanes lanes;
    if (!needs(90, "store_matrix") || !all_lanes(lanes, "store_matrix")) return;
    for (int m = 0; m < matrices; m++) {
      uint16_t matrix[8][8];
      for (int l = 0; l < kWarp; l++) {
        const uint32_t pair = static_cast<const uint32_t*>(lanes.lane[l]->input[0])[m];
        matrix[l / 4][2 * (l % 4)] = static_cast<uint16_t>(pair & 0xffffu);
        matrix[l / 4][2 * (l % 4) + 1] = static_cast<uint16_t>(pair >> 16);
      }
      for (int row = 0; row < 8; row++) {
        uint8_t* to = block.shared_at(lanes.lane[8 * m + row]->word, kMatrixRowBytes,
                                      kMatrixRowBytes, "store_matrix");
        if (!to) continue;
        race_watch.write(lanes.lane[8 * m + row]->index, to, kMatrixRowBytes);
        std::memcpy(to, matrix[row], kMatrixRowBytes);
      }
    }
  });
}

void mma_m16n8k16(float* d, const uint32_t* a, const uint32_t* b, MatrixType type) {
  Thread& self = block.self();
  self.output = d;
  self.input[0] = a;
  self.input[1] = b;
  block.meet_warp(Operation::kMma, static_cast<int>(type), [&] {
    const Lanes lanes;
    counts.mma++;
    if (!needs(type == MatrixType::kHalf ? 75 : 80, "mma") || !all_lanes(lanes, "mma")) return;
    // Every lane's registers as f32: 8 of a, 4 of b.
    float left[16][16];
    float right[16][8];
    float sums[16][8];
    for (int l = 0; l < kWarp; l++) {
      const int g = l / 4;
      const int t = l % 4;
      const Thread& lane = *lanes.lane[l];
      float values[12];
      decode(lane.input[0], type, 8, values);
      decode(lane.input[1], type, 4, values + 8);
      for (int i = 0; i < 2; i++) {
        left[g][2 * t + i] = values[i];
        left[g + 8][2 * t + i] = values[2 + i];
        left[g][2 * t + 8 + i] = values[4 + i];
        left[g + 8][2 * t + 8 + i] = values[6 + i];
        right[2 * t + i][g] = values[8 + i];
        right[2 * t + 8 + i][g] = values[10 + i];
      }
      const auto* sum = static_cast<const float*>(lane.output);
      for (int i = 0; i < 4; i++) sums[g + 8 * (i / 2)][2 * t + i % 2] = sum[i];
    }
    accumulate_product(&sums[0][0], &left[0][0], &right[0][0], 16, 8, 16);
    for (int l = 0; l < kWarp; l++) {
      auto* sum = static_cast<float*>(lanes.lane[l]->output);
      for (int i = 0; i < 4; i++) sum[i] = sums[l / 4 + 8 * (i / 2)][2 * (l % 4) + i % 2];
    }
  });
}

}  // namespace fovea::emulation
