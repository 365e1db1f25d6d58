#include "engine/thread_team.h"

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <new>
#include <system_error>

#include "engine/control_group.h"

namespace fovea {
namespace {

// Longer than it takes the others to finish an item they have begun, shorter than a scheduler's
// slice.
constexpr std::chrono::microseconds kSpin{30};

// A ticket is 24 bits of round, 20 bits of the number of blocks, 20 bits of the next block to
// claim. A claim replaces the ticket it has read by one with the next block; were the round over by
// then, another ticket would be there and the claim fail. (16 million rounds would have to pass
// between the read and the claim to bring the same one back.)
constexpr int kBlockBits = 20;
constexpr uint64_t kBlockMask = (uint64_t{1} << kBlockBits) - 1;

constexpr uint64_t make_ticket(uint32_t round, int64_t blocks) {
  return (uint64_t{round} << (2 * kBlockBits)) | (static_cast<uint64_t>(blocks) << kBlockBits);
}

// A round's work, and what it threw: nobody may leave a round while others still read it.
struct GuardedWork {
  const std::function<void(int64_t, int)>& work;
  std::atomic<bool> has_thrown{false};
  std::exception_ptr thrown;  // by the thread that set the flag

  void operator()(int64_t item, int thread) noexcept {
    try {
      work(item, thread);
    } catch (...) {
      if (!has_thrown.exchange(true)) thrown = std::current_exception();
    }
  }
};

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

int available_cores() { return available_cores(ControlGroup()); }

int available_cores(const ControlGroup& group) {
  cpu_set_t mask;
  int cores = static_cast<int>(std::thread::hardware_concurrency());
  if (sched_getaffinity(0, sizeof(mask), &mask) == 0) cores = CPU_COUNT(&mask);
  const auto processors = group.processors();
  if (processors && *processors < cores) cores = static_cast<int>(std::ceil(*processors));
  return std::max(1, cores);
}

ThreadTeam::ThreadTeam(int threads) : may_spin_(threads <= available_cores()) {
  // A smaller team computes the same, and threads that have begun may not be left behind.
  try {
    workers_.reserve(static_cast<size_t>(std::max(0, threads - 1)));
    for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { work_loop(i); });
  } catch (const std::system_error&) {
  } catch (const std::bad_alloc&) {
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
  GuardedWork guarded{work, {}, {}};
  // One reference fits into a std::function, which then takes no memory.
  const std::function<void(int64_t, int)> round_work = [&guarded](int64_t item, int thread) {
    guarded(item, thread);
  };
  work_ = &round_work;
  count_ = count;
  grain_ = count / static_cast<int64_t>(kBlockMask) + 1;
  const int64_t blocks = (count + grain_ - 1) / grain_;
  unfinished_.store(static_cast<uint32_t>(blocks), std::memory_order_relaxed);
  const uint32_t round = round_.load(std::memory_order_relaxed) + 1;
  ticket_.store(make_ticket(round, blocks),
                std::memory_order_release);  // publishes all of the above
  round_.store(round, std::memory_order_release);
  round_.notify_all();
  take_blocks(0);
  for (uint32_t left = unfinished_.load(std::memory_order_acquire); left != 0;
       left = unfinished_.load(std::memory_order_acquire))
    wait_while(unfinished_, left);
  if (guarded.has_thrown) std::rethrow_exception(guarded.thrown);
}

void ThreadTeam::work_loop(int thread) {
  for (;;) {
    const uint32_t round = round_.load(std::memory_order_acquire);
    if (stop_) return;
    take_blocks(thread);
    wait_while(round_, round);
  }
}

void ThreadTeam::take_blocks(int thread) {
  uint64_t ticket = ticket_.load(std::memory_order_acquire);
  for (;;) {
    const auto next = static_cast<int64_t>(ticket & kBlockMask);
    if (next >= static_cast<int64_t>((ticket >> kBlockBits) & kBlockMask)) return;
    if (!ticket_.compare_exchange_weak(ticket, ticket + 1, std::memory_order_acq_rel,
                                       std::memory_order_acquire))
      continue;
    const int64_t end = std::min((next + 1) * grain_, count_);
    for (int64_t i = next * grain_; i < end; ++i) (*work_)(i, thread);
    if (unfinished_.fetch_sub(1, std::memory_order_acq_rel) == 1) unfinished_.notify_one();
    ticket = ticket_.load(std::memory_order_acquire);
  }
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
