// cp.async: copies of a thread, in groups.
#include <fmt/core.h>

#include <cstring>

#include "tests/emulation/block.h"
#include "tests/emulation/guarded_memory.h"

namespace fovea::emulation {
namespace {

constexpr size_t kBytes = 16;

void copy_now(const AsyncCopy& copy) {
  if (copy.valid) {
    std::memcpy(copy.shared, copy.global, kBytes);
  } else {
    std::memset(copy.shared, 0, kBytes);
  }
}

/// The oldest `count` copies of `thread` have arrived, and do so now where they are late.
void finish(Thread& thread, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (block.schedule().async_copy == Schedule::AsyncCopy::kAtWait) copy_now(thread.copies[i]);
    race_watch.end_async_copy(thread.index, thread.copies[i].shared);
  }
  thread.copies.erase(thread.copies.begin(), thread.copies.begin() + static_cast<ptrdiff_t>(count));
}

}  // namespace

void async_copy_16(void* shared, const void* global, bool valid) {
  Thread& thread = block.self();
  counts.async_copies++;
  if (!block.in_shared(shared, kBytes)) {
    return block.error("async_copy_16 to what is not shared memory of the block");
  }
  if (reinterpret_cast<uintptr_t>(shared) % kBytes != 0 ||
      (valid && reinterpret_cast<uintptr_t>(global) % kBytes != 0)) {
    return block.error("async_copy_16: an address is not a multiple of 16");
  }
  if (valid) check_device_access(global, kBytes, Access::kRead, "async_copy_16 reads");
  const AsyncCopy copy{shared, global, valid};
  if (compute_capability() < 80 || block.schedule().async_copy == Schedule::AsyncCopy::kAtIssue) {
    copy_now(copy);
    if (compute_capability() < 80) return race_watch.write(thread.index, shared, kBytes);
  } else {
    std::memset(shared, 0xff, kBytes);  // whoever reads too early finds NaN
  }
  race_watch.begin_async_copy(thread.index, shared);
  thread.copies.push_back(copy);
}

void async_copy_commit() {
  Thread& thread = block.self();
  size_t committed = 0;
  for (const size_t group : thread.copy_groups) committed += group;
  thread.copy_groups.push_back(thread.copies.size() - committed);
  block.perhaps_yield();
}

void async_copy_wait(int pending) {
  Thread& thread = block.self();
  block.perhaps_yield();
  while (thread.copy_groups.size() > static_cast<size_t>(pending)) {
    const size_t group = thread.copy_groups.front();
    thread.copy_groups.pop_front();
    finish(thread, group);
  }
}

void finish_async_copies() {
  for (int i = 0; i < block.thread_count(); i++) {
    if (!block.thread(i).copies.empty()) {
      return block.error(
          fmt::format("thread {} returned with {} cp.async copies that it never waited for", i,
                      block.thread(i).copies.size()));
    }
  }
}

void grid_dependency_wait() { block.self().dependency_waited = true; }
void grid_dependency_launch() {}

}  // namespace fovea::emulation
