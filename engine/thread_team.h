// ThreadTeam: a few threads that share out the items of a step.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace fovea {

class ControlGroup;

/// Cores this process may use: those of its affinity mask, or its control group's share of time
/// rounded up where that is less (a thread beyond it would only stop all others sooner). At
/// least 1.
int available_cores();
int available_cores(const ControlGroup& group);

/// A fixed team of threads, the caller one of them. Used by one thread at a time.
///
/// Nobody waits for a thread that has nothing in hand: items are claimed one by one, and run()
/// returns when all that were claimed are finished. On a machine that others use too a worker may
/// come late or not at all; then the caller has done its share. (A team whose every round waited
/// for every worker took 20 s for work of 1.3 s beside a compiler.) Rounds follow each other within
/// microseconds, so whoever waits spins, but only for a moment.
class ThreadTeam {
 public:
  /// `threads` >= 1. Starts fewer when the system refuses more; size() tells.
  explicit ThreadTeam(int threads);
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  int size() const { return static_cast<int>(workers_.size()) + 1; }

  /// Calls work(i, thread) once for each i in 0 ... count - 1, in any order, on any thread (0 ...
  /// size() - 1). When all are done, it returns, or throws what `work` threw first.
  void run(int64_t count, const std::function<void(int64_t, int)>& work);

 private:
  void work_loop(int thread);
  void take_blocks(int thread);
  // Returns when `value` is no longer `old`.
  void wait_while(const std::atomic<uint32_t>& value, uint32_t old) const;

  std::vector<std::thread> workers_;
  bool may_spin_ = true;
  std::atomic<bool> stop_{false};
  // The round's work, written before `ticket_` opens the round and left alone until its last block
  // is finished: whoever has claimed a block may read it.
  const std::function<void(int64_t, int)>* work_ = nullptr;
  int64_t count_ = 0;
  int64_t grain_ = 1;  // items a block
  // Apart from each other: the first is fought over for every block, the others are watched by
  // spinners.
  alignas(64) std::atomic<uint64_t> ticket_{
      0};  // round, number of blocks, next block: see thread_team.cpp
  alignas(64) std::atomic<uint32_t> round_{0};       // what idle workers watch
  alignas(64) std::atomic<uint32_t> unfinished_{0};  // blocks of the round
};

}  // namespace fovea
