// Who has written and read which bytes of shared memory, and whether barriers lie between: races,
// reads of what a copy has not brought yet, writes that the async proxy does not see. Internal to
// the emulation.
//
// Happens-before by vector clocks: every thread knows how far it has seen each thread, each
// warpgroup's tensor core and each mbarrier's copies (the ids below). A barrier carries what those
// that came knew to those that leave. Bytes carry the id and clock of their last write and reads,
// so that a conflict is found in whatever order the emulation happened to run.
//
// Plain loads and stores are seen where kernels are compiled with the compiler's thread
// instrumentation (access_hooks.cpp); the wrappers' accesses always.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fovea::emulation {

/// What someone knows of everyone: `seen` of their accesses, `visible` of their plain writes that a
/// proxy fence has made visible to the async proxy.
struct Knowledge {
  std::vector<uint32_t> seen;
  std::vector<uint32_t> visible;
};

class RaceWatch {
 public:
  bool on() const { return on_; }
  void start_block(bool on, int threads, uint8_t* shared, size_t shared_bytes);

  // A thread's accesses by plain loads, stores and what counts as such.
  void read(int thread, const void* from, size_t bytes);
  void write(int thread, const void* to, size_t bytes);

  // Synchronisation.
  void release(int thread, Knowledge& to);
  void acquire(int thread, const Knowledge& from);
  void proxy_fence(int thread);
  static void merge(Knowledge& to, const Knowledge& from);
  void clear(Knowledge& knowledge) const;

  // cp.async: the bytes belong to the copy from its start to the wait.
  void begin_async_copy(int thread, const void* to);
  void end_async_copy(int thread, const void* to);

  /// A bulk copy that `thread` starts and mbarrier `barrier` counts. The number says which.
  uint32_t begin_bulk_copy(int thread, int barrier, const void* to, size_t bytes);
  void end_bulk_copy(int barrier, uint32_t number, Knowledge& to) const;

  /// What the warps that issue one wgmma know together: starts as everything.
  void begin_product(std::vector<uint32_t>& known) const;
  void join_product(int thread, std::vector<uint32_t>& known) const;
  /// Its reads of shared memory.
  void read_product(int warpgroup, uint32_t number, const std::vector<uint32_t>& known,
                    const void* from, size_t bytes);
  /// `thread` has waited for the warpgroup's products before `number`.
  void acquire_products(int thread, int warpgroup, uint32_t number);

  /// `thread` uses the mbarrier at `place`: its init must lie before.
  void use_barrier(int thread, const void* place);

 private:
  struct Cell {  // of two bytes
    uint32_t write = 0;
    uint32_t read = 0;
    uint32_t product_read = 0;
  };
  static constexpr int kClockBits = 21;
  static constexpr uint32_t kInFlight = (1u << kClockBits) - 1;
  static constexpr int kCellBytes = 2;
  static constexpr int kWarpgroups = 8;
  static constexpr int kBarriers = 120;

  static uint32_t stamp(int id, uint32_t clock) {
    return static_cast<uint32_t>(id) << kClockBits | clock;
  }
  static int id_of(uint32_t stamp) { return static_cast<int>(stamp >> kClockBits); }
  static uint32_t clock_of(uint32_t stamp) { return stamp & kInFlight; }
  int product_id(int warpgroup) const { return threads_ + warpgroup; }
  int barrier_id(int barrier) const { return threads_ + kWarpgroups + barrier; }

  bool cells(const void* place, size_t bytes, size_t& first, size_t& last) const;
  bool before(const std::vector<uint32_t>& seen, uint32_t stamp) const {
    return seen[static_cast<size_t>(id_of(stamp))] >= clock_of(stamp);
  }
  uint32_t own_stamp(int thread) const;
  void report(const char* who, int thread, const char* does, size_t cell, const char* other,
              uint32_t stamp, const char* missing);
  void check_write(const char* who, int thread, size_t first, size_t last);

  bool on_ = false;
  int threads_ = 0;
  size_t ids_ = 0;
  uint8_t* shared_ = nullptr;
  size_t shared_bytes_ = 0;
  std::vector<Cell> cells_;
  std::vector<Knowledge> threads_know_;
  std::vector<uint32_t> copies_;  // begun on each barrier
};

extern RaceWatch race_watch;

}  // namespace fovea::emulation
