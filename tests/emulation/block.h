// The block that runs: its threads as fibers, who of them may go on, who waits for what, and its
// shared memory. Internal to the emulation.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/emulation/emulated_device.h"
#include "tests/emulation/emulation.h"
#include "tests/emulation/fiber.h"
#include "tests/emulation/race_watch.h"

namespace fovea::emulation {

inline constexpr int kMaxThreads = 1024;
inline constexpr int kWarp = 32;
inline constexpr int kWarpgroup = 128;
/// Where dynamic shared memory begins in the shared window: behind what the system keeps.
inline constexpr uint32_t kSharedBase = 1024;

/// What a thread does or waits in, for checks that all threads of a warp do the same.
enum class Operation : uint8_t {
  kNone,
  kSyncThreads,
  kNamedBarrier,
  kSyncWarp,
  kShuffle,
  kBallot,
  kLoadMatrix,
  kStoreMatrix,
  kMma,
  kWgmmaWait,
  kSetMaxRegisters,
  kMbarrierWait
};
const char* operation_name(Operation operation);

struct AsyncCopy {
  void* shared;
  const void* global;
  bool valid;
};

struct Thread {
  Fiber fiber;
  int index = 0;
  bool done = false;
  // What it waits for.
  Operation operation = Operation::kNone;
  uint32_t wait_where = 0;
  uint32_t wait_what = 0;
  // Its part of a warp's operation.
  const void* input[2] = {nullptr, nullptr};
  void* output = nullptr;
  uint32_t word = 0;
  int number = 0;
  // cp.async.
  std::vector<AsyncCopy> copies;   // under way, oldest first
  std::deque<size_t> copy_groups;  // lengths of the committed groups; the rest of copies is open
  // wgmma.
  bool wgmma_fenced = false;
  uint64_t wgmma_issued = 0;
  uint64_t wgmma_commits = 0;
  uint64_t init_fences = 0;  // of its mbarrier inits
  bool dependency_waited = false;
};

/// A place where `size` threads of a warp or warpgroup come together.
struct Meeting {
  int arrived = 0;
  Operation operation = Operation::kNone;
  int number = 0;
};

struct NamedBarrier {
  int arrived = 0;
  int expected = 0;
  std::array<uint64_t, kMaxThreads / 64> came{};
  std::array<uint64_t, kMaxThreads / 64> waiting{};
};

class Random {
 public:
  explicit Random(uint32_t seed = 1) : state_(seed * 2654435769u + 88172645463325252u) {}
  uint32_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<uint32_t>(state_ >> 32);
  }
  uint32_t below(uint32_t bound) {
    return static_cast<uint32_t>((static_cast<uint64_t>(next()) * bound) >> 32);
  }

 private:
  uint64_t state_;
};

class Block {
 public:
  /// Runs all blocks of a grid, one after another. `dependent`: of a launch that may start while
  /// the kernel before it runs.
  void run_grid(const std::array<unsigned, 3>& grid, unsigned threads, size_t shared_bytes,
                bool dependent, const std::function<void()>& body);

  bool running() const { return running_ != nullptr; }
  Thread& self() { return *running_; }
  int thread_count() const { return threads_; }
  Thread& thread(int index) { return pool_[static_cast<size_t>(index)]; }
  uint8_t* shared() { return shared_.get(); }
  size_t shared_bytes() const { return shared_bytes_; }
  Random& random() { return random_; }
  const Schedule& schedule() const { return schedule_; }
  /// The running thread may be ahead of the end of the kernels before.
  bool before_dependency() const { return dependent_ && running_ && !running_->dependency_waited; }

  /// The running thread waits until someone wakes it. False never: a block that is given up leaves
  /// by an exception.
  void wait(Operation operation, uint32_t where = 0, uint32_t what = 0);
  void wake(int thread);
  /// In random order, sometimes lets others go first.
  void perhaps_yield();

  /// Work of the copy engine, done when the schedule says.
  void post(std::function<void()> work);

  /// `size` threads (a warp or a warpgroup) come together; the last one does `work`, then all go
  /// on.
  template <class Work>
  void meet_warp(Operation operation, int number, Work work) {
    const int warp = self().index / kWarp;
    const int size = std::min(kWarp, threads_ - warp * kWarp);
    meet(warps_[static_cast<size_t>(warp)], operation, number, warp * kWarp, size, work);
  }
  template <class Work>
  void meet_warpgroup(Operation operation, int number, Work work) {
    const int group = self().index / kWarpgroup;
    const int size = std::min(kWarpgroup, threads_ - group * kWarpgroup);
    meet(warpgroups_[static_cast<size_t>(group)], operation, number, group * kWarpgroup, size,
         work);
  }

  void sync_threads();
  void sync_warp();
  void named_barrier(int id, int threads, bool wait);

  /// Notes a fault of the running thread (or of the block, between threads).
  void error(const std::string& text);
  /// An error after which the block cannot go on: all its threads leave.
  [[noreturn]] void give_up(const std::string& text);
  /// The pointer at `bytes` of shared memory at a shared-window address, or null with an error.
  uint8_t* shared_at(uint32_t address, size_t bytes, size_t alignment, const char* what);
  bool in_shared(const void* pointer, size_t bytes) const {
    const auto offset =
        reinterpret_cast<uintptr_t>(pointer) - reinterpret_cast<uintptr_t>(shared_.get());
    return offset < shared_bytes_ && bytes <= shared_bytes_ - offset;
  }
  /// Behind the end of shared memory, where nothing else lies.
  bool behind_shared(const void* pointer) const {
    const auto offset =
        reinterpret_cast<uintptr_t>(pointer) - reinterpret_cast<uintptr_t>(shared_.get());
    return offset >= shared_bytes_ && offset < shared_capacity_;
  }

 private:
  struct Abandoned {};  // thrown through threads of a block that is given up

  template <class Work>
  void meet(Meeting& meeting, Operation operation, int number, int first, int size, Work& work) {
    if (meeting.arrived == 0) {
      meeting.operation = operation;
      meeting.number = number;
    } else if (meeting.operation != operation || meeting.number != number) {
      mismatch(meeting, operation, number);
    }
    if (++meeting.arrived < size) {
      wait(operation, static_cast<uint32_t>(number));
      return;
    }
    work();
    meeting.arrived = 0;
    for (int i = first; i < first + size; i++) {
      if (i != self().index) wake(i);
    }
    perhaps_yield();
  }

  void mismatch(const Meeting& meeting, Operation operation, int number);
  void run_block(const std::function<void()>& body);
  void finish_block();
  void switch_from(Thread& thread);
  Thread* choose();
  bool run_posted(bool must);
  void release(NamedBarrier& barrier, Knowledge& knowledge);
  void release_block_barrier();
  std::string deadlock_text();
  std::string wait_text(const Thread& thread);
  static Fiber* thread_function(void* thread);

  std::deque<Thread> pool_;
  int threads_ = 0;
  int live_ = 0;
  Thread* running_ = nullptr;
  Fiber main_;
  const std::function<void()>* body_ = nullptr;
  bool abandoned_ = false;
  std::array<uint64_t, kMaxThreads / 64> ready_{};
  std::array<Meeting, kMaxThreads / kWarp> warps_;
  std::array<Meeting, kMaxThreads / kWarpgroup> warpgroups_;
  std::array<NamedBarrier, 16> barriers_;
  std::array<Knowledge, 16> barrier_knowledge_;
  Knowledge warp_knowledge_;
  std::vector<std::function<void()>> posted_;
  std::unique_ptr<uint8_t, void (*)(void*)> shared_{nullptr, nullptr};
  size_t shared_capacity_ = 0;
  size_t shared_bytes_ = 0;
  bool dependent_ = false;
  Schedule schedule_;
  Random random_;
};

extern Block block;
extern Counts counts;
const Schedule& current_schedule();
bool race_watch_wanted();

/// Every part's state for a new block, and what must hold when the last thread has returned.
void start_mbarriers();
void finish_mbarriers();
std::string mbarrier_text(uint32_t address);
void start_wgmma();
void finish_wgmma();
void finish_async_copies();

void add_error(const std::string& text);
/// For a launch: so that each may report a few errors.
void start_error_count();

/// `number` in hexadecimal.
std::string hex(uint64_t number);

}  // namespace fovea::emulation
