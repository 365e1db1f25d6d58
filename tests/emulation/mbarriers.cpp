#include "tests/emulation/mbarriers.h"

#include <fmt/core.h>

#include <bit>
#include <cstring>

#include "tests/emulation/block.h"

namespace fovea::emulation {
namespace {

// What lies in shared memory where a barrier is: a mark and its number. Whoever overwrites it, or
// uses what was never initialised, is found out.
constexpr uint64_t kMark = 0x5a17ba55'0000'0000u;
constexpr uint64_t kMarkMask = 0xffffffff'00000000u;
constexpr int64_t kMaxBytes = (1 << 20) - 1;
constexpr uint32_t kMaxArrivals = (1u << 20) - 1;

struct Mbarrier {
  uint32_t address = 0;
  int64_t arrivals = 0;  // of a phase
  int64_t pending = 0;
  int64_t bytes = 0;  // announced and not yet written
  uint32_t parity = 0;
  uint64_t phases = 0;
  int initialiser = 0;
  uint64_t initialiser_fences = 0;
  std::vector<int> waiting;
  Knowledge coming;  // of those that have arrived
  Knowledge known;   // of the phases that have ended
};

std::vector<Mbarrier> barriers;
size_t barrier_count = 0;

void end_phase_if_complete(Mbarrier& barrier) {
  if (barrier.pending != 0 || barrier.bytes != 0) return;
  barrier.pending = barrier.arrivals;
  barrier.parity ^= 1;
  barrier.phases++;
  if (race_watch.on()) RaceWatch::merge(barrier.known, barrier.coming);
  for (const int thread : barrier.waiting) block.wake(thread);
  barrier.waiting.clear();
}

std::string text(const Mbarrier& barrier) {
  return fmt::format(
      "the mbarrier at shared address {:#x} (phase {} of parity {}: {} of {} arrivals and {} bytes "
      "are missing)",
      barrier.address, barrier.phases, barrier.parity, barrier.pending, barrier.arrivals,
      barrier.bytes);
}

void arrive(Mbarrier& barrier) {
  if (barrier.pending == 0) {
    return block.error(fmt::format("one arrival too many at {}", text(barrier)));
  }
  barrier.pending--;
  race_watch.release(block.self().index, barrier.coming);
  end_phase_if_complete(barrier);
}

bool usable(const char* what) {
  if (compute_capability() >= 90) return true;
  block.error(fmt::format("{} needs compute capability 90", what));
  return false;
}

}  // namespace

void start_mbarriers() { barrier_count = 0; }

int find_mbarrier(const uint64_t* barrier, const char* what) {
  if (!usable(what)) return -1;
  if (!block.in_shared(barrier, 8) || reinterpret_cast<uintptr_t>(barrier) % 8 != 0) {
    block.error(fmt::format("{}: the mbarrier is not in shared memory, aligned to 8", what));
    return -1;
  }
  const uint64_t word = *barrier;
  const uint64_t number = word & ~kMarkMask;
  if ((word & kMarkMask) != kMark || number >= barrier_count ||
      barriers[number].address != shared_address(barrier)) {
    block.error(
        fmt::format("{}: the mbarrier at shared address {:#x} was not initialised, or was "
                    "overwritten",
                    what, shared_address(barrier)));
    return -1;
  }
  race_watch.use_barrier(block.self().index, barrier);
  return static_cast<int>(number);
}

std::string mbarrier_text(uint32_t number) { return text(barriers[number]); }

void finish_mbarriers() {
  for (size_t i = 0; i < barrier_count; i++) {
    if (barriers[i].bytes != 0) {
      return block.error(
          fmt::format("the block ended while bytes were missing at {}", text(barriers[i])));
    }
  }
}

void complete_bytes(int number, int64_t bytes, uint32_t copy) {
  Mbarrier& barrier = barriers[static_cast<size_t>(number)];
  race_watch.end_bulk_copy(number, copy, barrier.coming);
  barrier.bytes -= bytes;
  if (barrier.bytes < -kMaxBytes) {
    block.error(fmt::format("more bytes than the counter holds at {}", text(barrier)));
  }
  end_phase_if_complete(barrier);
}

void check_init_fence(int number) {
  Mbarrier& barrier = barriers[static_cast<size_t>(number)];
  if (block.thread(barrier.initialiser).init_fences > barrier.initialiser_fences) return;
  block.error(fmt::format("a bulk copy counts on {}, whose init thread {} has not fenced",
                          text(barrier), barrier.initialiser));
}

void mbarrier_init(uint64_t* barrier, uint32_t arrivals) {
  if (!usable("mbarrier_init")) return;
  if (!block.in_shared(barrier, 8) || reinterpret_cast<uintptr_t>(barrier) % 8 != 0) {
    return block.error("mbarrier_init: not in shared memory, aligned to 8");
  }
  if (arrivals < 1 || arrivals > kMaxArrivals) {
    return block.error(fmt::format("mbarrier_init with {} arrivals", arrivals));
  }
  const uint64_t old = *barrier;
  if ((old & kMarkMask) == kMark && (old & ~kMarkMask) < barrier_count) {
    return block.error(
        fmt::format("mbarrier_init of {}, which is in use", text(barriers[old & ~kMarkMask])));
  }
  if (barriers.size() == barrier_count) barriers.emplace_back();
  Mbarrier& made = barriers[barrier_count];
  made.address = shared_address(barrier);
  made.arrivals = made.pending = arrivals;
  made.bytes = 0;
  made.parity = 0;
  made.phases = 0;
  made.initialiser = block.self().index;
  made.initialiser_fences = block.self().init_fences;
  made.waiting.clear();
  race_watch.clear(made.coming);
  race_watch.clear(made.known);
  race_watch.write(block.self().index, barrier, 8);
  *barrier = kMark | barrier_count;
  barrier_count++;
}

void mbarrier_init_fence() { block.self().init_fences++; }

void mbarrier_arrive(uint64_t* barrier) {
  const int number = find_mbarrier(barrier, "mbarrier_arrive");
  if (number < 0) return;
  arrive(barriers[static_cast<size_t>(number)]);
  block.perhaps_yield();
}

void mbarrier_arrive_expect_bytes(uint64_t* barrier, uint32_t bytes) {
  const int number = find_mbarrier(barrier, "mbarrier_arrive_expect_bytes");
  if (number < 0) return;
  Mbarrier& found = barriers[static_cast<size_t>(number)];
  found.bytes += bytes;
  if (found.bytes > kMaxBytes) {
    block.error(fmt::format("more bytes than the counter holds at {}", text(found)));
  }
  arrive(found);
  block.perhaps_yield();
}

void mbarrier_wait(uint64_t* barrier, uint32_t parity) {
  if (parity > 1) return block.error(fmt::format("mbarrier_wait for parity {}", parity));
  block.perhaps_yield();
  while (true) {
    const int number = find_mbarrier(barrier, "mbarrier_wait");
    if (number < 0) return;
    Mbarrier& found = barriers[static_cast<size_t>(number)];
    if (found.parity != parity) return race_watch.acquire(block.self().index, found.known);
    found.waiting.push_back(block.self().index);
    block.wait(Operation::kMbarrierWait, static_cast<uint32_t>(number), parity);
  }
}

}  // namespace fovea::emulation
