// ThreadTeam: a few threads that share out the rows of a step.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace fovea {

/// Cores this process may use (its affinity mask), at least 1.
int available_cores();

/// A fixed team of threads, the caller one of them. Used by one thread at a time.
class ThreadTeam {
 public:
  /// `threads` >= 1. Starts fewer when the system refuses more; size() tells.
  explicit ThreadTeam(int threads);
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  int size() const { return static_cast<int>(workers_.size()) + 1; }

  /// Calls work(i) once for each i in 0 ... count - 1, in any order, on any thread; returns when
  /// all are done. `work` must not throw.
  void run(int64_t count, const std::function<void(int64_t)>& work);

 private:
  void work_loop();
  void take_items();

  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable start_;
  std::condition_variable done_;
  const std::function<void(int64_t)>* work_ = nullptr;
  int64_t count_ = 0;
  std::atomic<int64_t> next_{0};
  uint64_t generation_ = 0;
  int busy_ = 0;
  bool stop_ = false;
};

}  // namespace fovea
