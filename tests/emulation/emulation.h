// What tests ask of the emulation: schedules, errors, the emulated device. README.md says what is
// modelled. One kernel runs at a time; calls come from one thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fovea::emulation {

/// When things happen that the hardware leaves open.
struct Schedule {
  /// Bulk copies: as soon as started; when no thread can go on; or any time between, in pieces.
  enum class Bulk { kEarly, kLate, kRandom };
  /// When wgmma reads its operands from shared memory.
  enum class Matrix { kAtIssue, kAtWait };
  /// When cp.async reads and writes.
  enum class AsyncCopy { kAtIssue, kAtWait };
  /// Which of the threads that can go on does: the lowest, the highest, or any. kRandom also stops
  /// threads where they need not wait. Blocks come in the same order.
  enum class Order { kForward, kReverse, kRandom };

  Bulk bulk = Bulk::kEarly;
  Matrix matrix = Matrix::kAtIssue;
  AsyncCopy async_copy = AsyncCopy::kAtIssue;
  Order order = Order::kForward;
  uint32_t seed = 1;
};

/// All 36 combinations, with one seed each.
std::vector<Schedule> all_schedules();
/// 9 of them in which each pair of choices occurs, for what is too slow for all.
std::vector<Schedule> covering_schedules();
/// E.g. "bulk late, matrix at wait, cp.async at issue, threads in random order, seed 7".
std::string schedule_name(const Schedule& schedule);
/// For the launches that follow.
void set_schedule(const Schedule& schedule);

/// What kernels did wrong since the last call, at most a few lines a launch; empty when nothing.
std::vector<std::string> take_errors();

/// Whether races in shared memory, missing proxy fences and accesses beside allocations are looked
/// for (at first they are). Without, whole networks run in a quarter of the time.
void set_race_watch(bool on);

/// 75, 80, 86, 89, 90 (the default; with wgmma), 100 or 120, for the launches that follow.
void set_compute_capability(int capability);

/// Bytes that allocate() of runtime.h may give out in all; 2^34 at first.
void set_memory_limit(int64_t bytes);
/// What it has given out.
int64_t memory_in_use();

/// Work on streams runs when it is enqueued, or when the stream is waited for.
void set_streams_deferred(bool deferred);

/// What ran since the last call, to show that a test ran what it meant to.
struct Counts {
  int64_t launches = 0;
  int64_t blocks = 0;
  int64_t switches = 0;  // from thread to thread
  int64_t wgmma = 0;
  int64_t mma = 0;
  int64_t bulk_copies = 0;
  int64_t async_copies = 0;
};
Counts take_counts();

}  // namespace fovea::emulation
