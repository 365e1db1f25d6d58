#include "tests/emulation/block.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

namespace fovea::emulation {

Context context;
Block block;
Counts counts;

const char* operation_name(Operation operation) {
  switch (operation) {
    case Operation::kNone:
      return "nothing";
    case Operation::kSyncThreads:
      return "sync_threads";
    case Operation::kNamedBarrier:
      return "named barrier";
    case Operation::kSyncWarp:
      return "sync_warp";
    case Operation::kShuffle:
      return "shuffle";
    case Operation::kBallot:
      return "ballot";
    case Operation::kLoadMatrix:
      return "load_matrix";
    case Operation::kStoreMatrix:
      return "store_matrix";
    case Operation::kMma:
      return "mma";
    case Operation::kWgmmaWait:
      return "wgmma_wait";
    case Operation::kSetMaxRegisters:
      return "set_max_registers";
    case Operation::kMbarrierWait:
      return "mbarrier_wait";
  }
  return "?";
}

std::string hex(uint64_t number) { return fmt::format("{:#x}", number); }

void Block::error(const std::string& text) {
  const std::string place =
      fmt::format("block ({}, {}, {})", context.block[0], context.block[1], context.block[2]);
  add_error(running_ ? fmt::format("{}, thread {}: {}", place, running_->index, text)
                     : fmt::format("{}: {}", place, text));
}

void Block::give_up(const std::string& text) {
  error(text);
  abandoned_ = true;
  throw Abandoned();
}

uint8_t* Block::shared_at(uint32_t address, size_t bytes, size_t alignment, const char* what) {
  if (address % alignment != 0) {
    error(
        fmt::format("{}: shared address {:#x} is not a multiple of {}", what, address, alignment));
    return nullptr;
  }
  if (address < kSharedBase || address - kSharedBase + bytes > shared_bytes_) {
    error(fmt::format("{}: {} bytes at shared address {:#x} are outside the block's {} bytes", what,
                      bytes, address, shared_bytes_));
    return nullptr;
  }
  return shared_.get() + (address - kSharedBase);
}

void Block::run_grid(const std::array<unsigned, 3>& grid, unsigned threads, size_t shared_bytes,
                     bool dependent, const std::function<void()>& body) {
  constexpr int kLeastDependent = 90;
  dependent_ = dependent && compute_capability() >= kLeastDependent;
  schedule_ = current_schedule();
  random_ = Random(schedule_.seed);
  threads_ = static_cast<int>(threads);
  while (pool_.size() < threads) pool_.emplace_back();
  shared_bytes_ = shared_bytes;
  constexpr size_t kAlignment = 1024;
#ifdef FOVEA_EMULATION_SEES_ACCESSES
  constexpr size_t kGuardBytes = 64 * 1024;
#else
  constexpr size_t kGuardBytes = 0;  // AddressSanitizer sees what lies beyond
#endif
  const size_t capacity = (shared_bytes + kAlignment - 1) / kAlignment * kAlignment + kGuardBytes;
  if (capacity != shared_capacity_ || !shared_) {
    shared_ = {
        static_cast<uint8_t*>(std::aligned_alloc(kAlignment, std::max(capacity, kAlignment))),
        std::free};
    shared_capacity_ = capacity;
  }
  context.threads = threads_;
  context.shared = shared_.get();
  for (int axis = 0; axis < 3; axis++) {
    context.grid[axis] = static_cast<int>(grid[static_cast<size_t>(axis)]);
  }
  const uint64_t total = static_cast<uint64_t>(grid[0]) * grid[1] * grid[2];
  std::vector<uint64_t> order;
  if (schedule_.order == Schedule::Order::kRandom) {
    order.resize(total);
    for (uint64_t i = 0; i < total; i++) order[i] = i;
    for (uint64_t i = total; i > 1; i--) {
      std::swap(order[i - 1], order[random_.below(static_cast<uint32_t>(i))]);
    }
  }
  for (uint64_t i = 0; i < total; i++) {
    const uint64_t number = !order.empty()                                 ? order[i]
                            : schedule_.order == Schedule::Order::kReverse ? total - 1 - i
                                                                           : i;
    context.block[0] = static_cast<int>(number % grid[0]);
    context.block[1] = static_cast<int>(number / grid[0] % grid[1]);
    context.block[2] = static_cast<int>(number / grid[0] / grid[1]);
    run_block(body);
    if (abandoned_) break;  // the others would most likely stop as this one did
  }
  counts.launches++;
}

void Block::run_block(const std::function<void()>& body) {
  counts.blocks++;
  body_ = &body;
  abandoned_ = false;
  running_ = nullptr;
  // Bytes of 0xff are NaN as f16, bf16 and f32, and no valid index.
  std::memset(shared_.get(), 0xff, shared_bytes_);
  ready_.fill(0);
  warps_.fill({});
  warpgroups_.fill({});
  barriers_.fill({});
  posted_.clear();
  race_watch.start_block(race_watch_wanted(), threads_, shared_.get(), shared_bytes_);
  for (Knowledge& knowledge : barrier_knowledge_) race_watch.clear(knowledge);
  start_mbarriers();
  start_wgmma();
  live_ = threads_;
  for (int i = 0; i < threads_; i++) {
    Thread& t = thread(i);
    t.index = i;
    t.done = false;
    t.operation = Operation::kNone;
    t.copies.clear();
    t.copy_groups.clear();
    t.wgmma_fenced = false;
    t.wgmma_issued = 0;
    t.wgmma_commits = 0;
    t.init_fences = 0;
    t.dependency_waited = false;
    t.fiber.start(&Block::thread_function, &t);
    ready_[static_cast<size_t>(i) / 64] |= uint64_t{1} << (i % 64);
  }
  Thread* first = choose();
  running_ = first;
  context.thread = first->index;
  Fiber::switch_to(main_, first->fiber);
  if (abandoned_) {
    // Each thread that still waits leaves by an exception, so that what it holds is released.
    for (int i = 0; i < threads_; i++) {
      if (thread(i).done) continue;
      running_ = &thread(i);
      Fiber::switch_to(main_, thread(i).fiber);
    }
  }
  running_ = nullptr;
  if (!abandoned_) finish_block();
}

void Block::finish_block() {
  if (!posted_.empty()) {
    error(fmt::format("{} bulk copies were under way when the block ended", posted_.size()));
    posted_.clear();
  }
  finish_mbarriers();
  finish_wgmma();
  finish_async_copies();
}

Fiber* Block::thread_function(void* argument) {
  Thread& thread = *static_cast<Thread*>(argument);
  try {
    if (!block.abandoned_) (*block.body_)();
  } catch (const Abandoned&) {
  }
  thread.done = true;
  block.ready_[static_cast<size_t>(thread.index) / 64] &= ~(uint64_t{1} << (thread.index % 64));
  block.live_--;
  if (block.abandoned_) return &block.main_;
  block.release_block_barrier();
  Thread* next = block.choose();
  if (!next) return &block.main_;
  block.running_ = next;
  context.thread = next->index;
  counts.switches++;
  return &next->fiber;
}

void Block::switch_from(Thread& thread) {
  Thread* next = choose();
  if (next == &thread) return;
  counts.switches++;
  running_ = next;
  if (next) context.thread = next->index;
  Fiber::switch_to(thread.fiber, next ? next->fiber : main_);
  if (abandoned_) throw Abandoned();
}

void Block::wait(Operation operation, uint32_t where, uint32_t what) {
  Thread& thread = self();
  thread.operation = operation;
  thread.wait_where = where;
  thread.wait_what = what;
  ready_[static_cast<size_t>(thread.index) / 64] &= ~(uint64_t{1} << (thread.index % 64));
  switch_from(thread);
  thread.operation = Operation::kNone;
}

void Block::wake(int index) {
  ready_[static_cast<size_t>(index) / 64] |= uint64_t{1} << (index % 64);
}

void Block::perhaps_yield() {
  if (schedule_.order == Schedule::Order::kRandom && random_.below(4) == 0) switch_from(self());
}

void Block::post(std::function<void()> work) {
  if (schedule_.bulk == Schedule::Bulk::kEarly) {
    work();
  } else {
    posted_.push_back(std::move(work));
  }
}

bool Block::run_posted(bool must) {
  if (posted_.empty()) return false;
  const bool random = schedule_.bulk == Schedule::Bulk::kRandom;
  if (!must && !(random && random_.below(8) == 0)) return false;
  // Copies may overtake each other.
  const size_t which = random ? random_.below(static_cast<uint32_t>(posted_.size())) : 0;
  const std::function<void()> work = std::move(posted_[which]);
  posted_.erase(posted_.begin() + static_cast<ptrdiff_t>(which));
  work();
  return true;
}

/// Whose turn it is; null when the block has ended or can go no further.
Thread* Block::choose() {
  run_posted(false);
  const size_t words = static_cast<size_t>(threads_ + 63) / 64;
  while (true) {
    switch (schedule_.order) {
      case Schedule::Order::kForward:
        for (size_t w = 0; w < words; w++) {
          if (ready_[w]) return &thread(static_cast<int>(64 * w) + std::countr_zero(ready_[w]));
        }
        break;
      case Schedule::Order::kReverse:
        for (size_t w = words; w-- > 0;) {
          if (ready_[w])
            return &thread(static_cast<int>(64 * w) + 63 - std::countl_zero(ready_[w]));
        }
        break;
      case Schedule::Order::kRandom: {
        const auto start = random_.below(static_cast<uint32_t>(threads_));
        const size_t first = start / 64;
        const uint64_t above = ready_[first] & (~uint64_t{0} << (start % 64));
        if (above) return &thread(static_cast<int>(64 * first) + std::countr_zero(above));
        for (size_t i = 1; i <= words; i++) {
          const size_t w = (first + i) % words;
          if (ready_[w]) return &thread(static_cast<int>(64 * w) + std::countr_zero(ready_[w]));
        }
        break;
      }
    }
    if (live_ == 0) return nullptr;
    if (!run_posted(true)) {
      running_ = nullptr;
      error(deadlock_text());
      abandoned_ = true;
      return nullptr;
    }
  }
}

void Block::mismatch(const Meeting& meeting, Operation operation, int number) {
  give_up(fmt::format("{} ({}) while others of its warp are at {} ({})", operation_name(operation),
                      number, operation_name(meeting.operation), meeting.number));
}

/// Those who wait go on and know what those who came knew.
void Block::release(NamedBarrier& barrier, Knowledge& knowledge) {
  for (size_t w = 0; w < ready_.size(); w++) {
    ready_[w] |= barrier.waiting[w];
    for (uint64_t left = race_watch.on() ? barrier.waiting[w] : 0; left; left &= left - 1) {
      race_watch.acquire(static_cast<int>(64 * w) + std::countr_zero(left), knowledge);
    }
  }
  barrier = {};
}

/// Barrier 0 opens when all threads that have not returned have come.
void Block::release_block_barrier() {
  NamedBarrier& barrier = barriers_[0];
  if (barrier.arrived == 0 || barrier.arrived < live_) return;
  release(barrier, barrier_knowledge_[0]);
  if (!self().done) race_watch.acquire(self().index, barrier_knowledge_[0]);
  race_watch.clear(barrier_knowledge_[0]);
}

void Block::sync_threads() {
  NamedBarrier& barrier = barriers_[0];
  const int index = self().index;
  barrier.arrived++;
  race_watch.release(index, barrier_knowledge_[0]);
  if (barrier.arrived < live_) {
    barrier.waiting[static_cast<size_t>(index) / 64] |= uint64_t{1} << (index % 64);
    wait(Operation::kSyncThreads);
    return;
  }
  release_block_barrier();
  perhaps_yield();
}

void Block::sync_warp() {
  meet_warp(Operation::kSyncWarp, 0, [this] {
    if (!race_watch.on()) return;
    const int first = self().index / kWarp * kWarp;
    const int last = std::min(first + kWarp, threads_);
    race_watch.clear(warp_knowledge_);
    for (int i = first; i < last; i++) race_watch.release(i, warp_knowledge_);
    for (int i = first; i < last; i++) race_watch.acquire(i, warp_knowledge_);
  });
}

void Block::named_barrier(int id, int threads, bool waits) {
  if (id < 1 || id > 15) return error(fmt::format("named barrier {}: ids are 1 ... 15", id));
  if (threads <= 0 || threads % kWarp != 0 || threads > threads_) {
    return error(fmt::format("named barrier {} for {} threads: whole warps of the block's {}", id,
                             threads, threads_));
  }
  NamedBarrier& barrier = barriers_[static_cast<size_t>(id)];
  const auto word = static_cast<size_t>(self().index) / 64;
  const uint64_t bit = uint64_t{1} << (self().index % 64);
  if (barrier.arrived == 0) {
    barrier.expected = threads;
  } else if (barrier.expected != threads) {
    error(fmt::format("named barrier {} for {} threads while others came for {}", id, threads,
                      barrier.expected));
  }
  if (barrier.came[word] & bit) {
    error(fmt::format("named barrier {}: arrives again before the others have come", id));
  }
  barrier.came[word] |= bit;
  Knowledge& knowledge = barrier_knowledge_[static_cast<size_t>(id)];
  race_watch.release(self().index, knowledge);
  if (++barrier.arrived == barrier.expected) {
    release(barrier, knowledge);
    if (waits) race_watch.acquire(self().index, knowledge);
    race_watch.clear(knowledge);
    perhaps_yield();
  } else if (waits) {
    barrier.waiting[word] |= bit;
    wait(Operation::kNamedBarrier, static_cast<uint32_t>(id));
  } else {
    perhaps_yield();
  }
}

std::string Block::wait_text(const Thread& t) {
  switch (t.operation) {
    case Operation::kSyncThreads:
      return fmt::format("at sync_threads, where {} of {} have come", barriers_[0].arrived, live_);
    case Operation::kNamedBarrier: {
      const NamedBarrier& barrier = barriers_[t.wait_where];
      return fmt::format("at named barrier {}, where {} of {} have come", t.wait_where,
                         barrier.arrived, barrier.expected);
    }
    case Operation::kMbarrierWait:
      return fmt::format("for parity {} of {}", t.wait_what, mbarrier_text(t.wait_where));
    default:
      return fmt::format("at {} for the rest of the warp", operation_name(t.operation));
  }
}

std::string Block::deadlock_text() {
  std::string text = "deadlock: ";
  for (int first = 0; first < threads_;) {
    if (thread(first).done) {
      first++;
      continue;
    }
    const std::string waits = wait_text(thread(first));
    int last = first;
    while (last + 1 < threads_ && !thread(last + 1).done && wait_text(thread(last + 1)) == waits) {
      last++;
    }
    text += first == last ? fmt::format("thread {} waits {}; ", first, waits)
                          : fmt::format("threads {} to {} wait {}; ", first, last, waits);
    first = last + 1;
  }
  text += fmt::format("{} threads have returned", threads_ - live_);
  return text;
}

uint32_t shared_address(const void* pointer) {
  const auto* place = static_cast<const uint8_t*>(pointer);
  if (place < block.shared() || place > block.shared() + block.shared_bytes()) {
    block.error("shared_address of a pointer that is not to shared memory");
    return 0;
  }
  return kSharedBase + static_cast<uint32_t>(place - block.shared());
}

void sync_threads() { block.sync_threads(); }
void sync_warp() { block.sync_warp(); }
void named_barrier_sync(int id, int threads) { block.named_barrier(id, threads, true); }
void named_barrier_arrive(int id, int threads) { block.named_barrier(id, threads, false); }

}  // namespace fovea::emulation
