// ThreadTeam: a few threads that share out the items of a step.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace fovea {

/// Cores this process may use (its affinity mask), at least 1.
int available_cores();

/// A fixed team of threads, the caller one of them. Used by one thread at a time.
///
/// Rounds of a network follow each other within microseconds, so whoever waits spins for a moment;
/// but only for a moment, and not at all when there are more threads than cores: a spinning thread
/// on an oversubscribed core holds up the very one it waits for (3 ms became 80 in a prototype that
/// only spun).
class ThreadTeam {
 public:
  /// `threads` >= 1. Starts fewer when the system refuses more; size() tells.
  explicit ThreadTeam(int threads);
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  int size() const { return static_cast<int>(workers_.size()) + 1; }

  /// Calls work(i, thread) once for each i in 0 ... count - 1, in any order, on any thread (0 ...
  /// size() - 1); returns when all are done. `work` must not throw.
  void run(int64_t count, const std::function<void(int64_t, int)>& work);

 private:
  void work_loop(int thread);
  void take_items(int thread);
  // Returns when `value` is no longer `old`.
  void wait_while(const std::atomic<uint32_t>& value, uint32_t old) const;

  std::vector<std::thread> workers_;
  bool may_spin_ = true;
  const std::function<void(int64_t, int)>* work_ = nullptr;
  int64_t count_ = 0;
  bool stop_ = false;
  // Apart from each other: the first is fought over for every item, the others are watched by
  // spinners.
  alignas(64) std::atomic<int64_t> next_{0};
  alignas(64) std::atomic<uint32_t> round_{0};
  alignas(64) std::atomic<uint32_t> busy_{0};
};

}  // namespace fovea
