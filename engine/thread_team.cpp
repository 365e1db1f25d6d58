#include "engine/thread_team.h"

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <system_error>

namespace fovea {
namespace {

// Longer than it takes the others to finish an item they have begun, shorter than a scheduler's
// slice.
constexpr std::chrono::microseconds kSpin{30};

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

int available_cores() {
  cpu_set_t mask;
  if (sched_getaffinity(0, sizeof(mask), &mask) == 0) return std::max(1, CPU_COUNT(&mask));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

ThreadTeam::ThreadTeam(int threads) : may_spin_(threads <= available_cores()) {
  for (int i = 1; i < threads; ++i) {
    try {
      workers_.emplace_back([this, i] { work_loop(i); });
    } catch (const std::system_error&) {
      break;  // a smaller team computes the same
    }
  }
}

ThreadTeam::~ThreadTeam() {
  stop_ = true;
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadTeam::run(int64_t count, const std::function<void(int64_t, int)>& work) {
  if (workers_.empty() || count <= 1) {
    for (int64_t i = 0; i < count; ++i) work(i, 0);
    return;
  }
  work_ = &work;
  count_ = count;
  next_.store(0, std::memory_order_relaxed);
  busy_.store(static_cast<uint32_t>(workers_.size()), std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);  // publishes all of the above
  round_.notify_all();
  take_items(0);
  for (uint32_t busy = busy_.load(std::memory_order_acquire); busy != 0;
       busy = busy_.load(std::memory_order_acquire))
    wait_while(busy_, busy);
}

void ThreadTeam::work_loop(int thread) {
  uint32_t seen = 0;
  for (;;) {
    wait_while(round_, seen);
    // One step at a time: run() begins no round before every worker has left the last.
    ++seen;
    if (stop_) return;
    take_items(thread);
    if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_one();
  }
}

void ThreadTeam::take_items(int thread) {
  for (int64_t i = next_.fetch_add(1, std::memory_order_relaxed); i < count_;
       i = next_.fetch_add(1, std::memory_order_relaxed))
    (*work_)(i, thread);
}

void ThreadTeam::wait_while(const std::atomic<uint32_t>& value, uint32_t old) const {
  if (may_spin_) {
    const auto end = std::chrono::steady_clock::now() + kSpin;
    do {
      for (int i = 0; i < 32; ++i) {
        if (value.load(std::memory_order_acquire) != old) return;
        relax();
      }
    } while (std::chrono::steady_clock::now() < end);
  }
  value.wait(old, std::memory_order_acquire);
}

}  // namespace fovea
