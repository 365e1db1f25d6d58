#include "tests/emulation/race_watch.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "tests/emulation/block.h"

namespace fovea::emulation {
namespace {

void take_larger(std::vector<uint32_t>& to, const std::vector<uint32_t>& from) {
  uint32_t* out = to.data();
  const uint32_t* in = from.data();
  const size_t count = to.size();
  for (size_t i = 0; i < count; i++) out[i] = out[i] > in[i] ? out[i] : in[i];
}

}  // namespace

RaceWatch race_watch;

void RaceWatch::start_block(bool on, int threads, uint8_t* shared, size_t shared_bytes) {
  on_ = on;
  if (!on) return;
  threads_ = threads;
  ids_ = static_cast<size_t>(threads + kWarpgroups + kBarriers);
  shared_ = shared;
  shared_bytes_ = shared_bytes;
  cells_.assign((shared_bytes + kCellBytes - 1) / kCellBytes, {});
  if (threads_know_.size() < static_cast<size_t>(threads)) {
    threads_know_.resize(static_cast<size_t>(threads));
  }
  for (int t = 0; t < threads; t++) {
    Knowledge& knowledge = threads_know_[static_cast<size_t>(t)];
    clear(knowledge);
    knowledge.seen[static_cast<size_t>(t)] = 1;
  }
  copies_.assign(kBarriers, 0);
}

void RaceWatch::clear(Knowledge& knowledge) const {
  if (!on_) return;
  knowledge.seen.assign(ids_, 0);
  knowledge.visible.assign(ids_, 0);
}

bool RaceWatch::cells(const void* place, size_t bytes, size_t& first, size_t& last) const {
  const auto offset = static_cast<size_t>(static_cast<const uint8_t*>(place) - shared_);
  if (offset >= shared_bytes_ || bytes == 0) return false;
  first = offset / kCellBytes;
  last = std::min((offset + bytes - 1) / kCellBytes + 1, cells_.size());
  return true;
}

uint32_t RaceWatch::own_stamp(int thread) const {
  const auto t = static_cast<size_t>(thread);
  return stamp(thread, threads_know_[t].seen[t]);
}

void RaceWatch::report(const char* who, int thread, const char* does, size_t cell,
                       const char* other, uint32_t stamp, const char* missing) {
  const int id = id_of(stamp);
  const std::string whose = id < threads_ ? fmt::format("thread {}", id)
                            : id < threads_ + kWarpgroups
                                ? fmt::format("wgmma of warpgroup {}", id - threads_)
                                : "a bulk copy";
  block.error(fmt::format("race: {} of thread {} {} shared address {:#x}, which {} {}{}, {}", who,
                          thread, does, kSharedBase + cell * kCellBytes, whose, other,
                          clock_of(stamp) == kInFlight ? " by cp.async" : "", missing));
}

void RaceWatch::read(int thread, const void* from, size_t bytes) {
  size_t first, last;
  // Neighbouring bytes share a cell: single bytes are not watched.
  if (!on_ || bytes < kCellBytes || !cells(from, bytes, first, last)) return;
  const std::vector<uint32_t>& seen = threads_know_[static_cast<size_t>(thread)].seen;
  const uint32_t own = own_stamp(thread);
  bool told = false;
  for (size_t i = first; i < last; i++) {
    Cell& cell = cells_[i];
    if (!before(seen, cell.write)) {
      if (!told) {
        report("a load", thread, "reads", i, "writes", cell.write, "with no barrier between");
      }
      told = true;
      cell.write = 0;
    }
    cell.read = own;
  }
}

void RaceWatch::check_write(const char* who, int thread, size_t first, size_t last) {
  const std::vector<uint32_t>& seen = threads_know_[static_cast<size_t>(thread)].seen;
  constexpr const char* kNoBarrier = "with no barrier between";
  bool told = false;  // one line for an access, however long
  for (size_t i = first; i < last; i++) {
    const Cell cell = cells_[i];
    const bool after_write = before(seen, cell.write);
    const bool after_read = before(seen, cell.read);
    const bool after_product = before(seen, cell.product_read);
    if (after_write && after_read && after_product) continue;
    cells_[i] = {};
    if (told) continue;
    told = true;
    if (!after_write) {
      report(who, thread, "writes", i, "writes", cell.write, kNoBarrier);
    } else if (!after_read) {
      report(who, thread, "writes", i, "reads", cell.read, kNoBarrier);
    } else {
      report(who, thread, "writes", i, "reads", cell.product_read,
             "without having been waited for");
    }
  }
}

void RaceWatch::write(int thread, const void* to, size_t bytes) {
  size_t first, last;
  if (!on_ || bytes < kCellBytes || !cells(to, bytes, first, last)) return;
  check_write("a store", thread, first, last);
  const uint32_t own = own_stamp(thread);
  for (size_t i = first; i < last; i++) cells_[i] = {own, 0, 0};
}

void RaceWatch::release(int thread, Knowledge& to) {
  if (!on_) return;
  const auto t = static_cast<size_t>(thread);
  Knowledge& own = threads_know_[t];
  take_larger(to.seen, own.seen);
  take_larger(to.visible, own.visible);
  own.seen[t]++;
}

void RaceWatch::acquire(int thread, const Knowledge& from) {
  if (!on_) return;
  Knowledge& own = threads_know_[static_cast<size_t>(thread)];
  take_larger(own.seen, from.seen);
  take_larger(own.visible, from.visible);
}

void RaceWatch::merge(Knowledge& to, const Knowledge& from) {
  take_larger(to.seen, from.seen);
  take_larger(to.visible, from.visible);
}

void RaceWatch::proxy_fence(int thread) {
  if (!on_) return;
  const auto t = static_cast<size_t>(thread);
  Knowledge& own = threads_know_[t];
  take_larger(own.visible, own.seen);
  own.seen[t]++;  // what it writes from here on is not covered
}

void RaceWatch::begin_async_copy(int thread, const void* to) {
  size_t first, last;
  if (!on_ || !cells(to, 16, first, last)) return;
  check_write("cp.async", thread, first, last);
  for (size_t i = first; i < last; i++) cells_[i] = {stamp(thread, kInFlight), 0, 0};
}

void RaceWatch::end_async_copy(int thread, const void* to) {
  size_t first, last;
  if (!on_ || !cells(to, 16, first, last)) return;
  const uint32_t own = own_stamp(thread);
  for (size_t i = first; i < last; i++) cells_[i] = {own, 0, 0};
}

uint32_t RaceWatch::begin_bulk_copy(int thread, int barrier, const void* to, size_t bytes) {
  size_t first, last;
  if (!on_ || barrier >= kBarriers || !cells(to, bytes, first, last)) return 0;
  check_write("a bulk copy", thread, first, last);
  const uint32_t number = ++copies_[static_cast<size_t>(barrier)];
  const uint32_t mark = stamp(barrier_id(barrier), number);
  for (size_t i = first; i < last; i++) cells_[i] = {mark, 0, 0};
  return number;
}

void RaceWatch::end_bulk_copy(int barrier, uint32_t number, Knowledge& to) const {
  if (!on_ || barrier >= kBarriers) return;
  uint32_t& known = to.seen[static_cast<size_t>(barrier_id(barrier))];
  known = std::max(known, number);
}

void RaceWatch::begin_product(std::vector<uint32_t>& known) const {
  if (on_) known.assign(ids_, std::numeric_limits<uint32_t>::max());
}

void RaceWatch::join_product(int thread, std::vector<uint32_t>& known) const {
  if (!on_) return;
  const Knowledge& own = threads_know_[static_cast<size_t>(thread)];
  const auto threads = static_cast<size_t>(threads_);
  // Threads write by the generic proxy, the others by the async proxy, to which wgmma belongs.
  for (size_t i = 0; i < threads; i++) known[i] = std::min(known[i], own.visible[i]);
  for (size_t i = threads; i < ids_; i++) known[i] = std::min(known[i], own.seen[i]);
}

void RaceWatch::read_product(int warpgroup, uint32_t number, const std::vector<uint32_t>& known,
                             const void* from, size_t bytes) {
  size_t first, last;
  if (!on_ || !cells(from, bytes, first, last)) return;
  const uint32_t own = stamp(product_id(warpgroup), number + 1);
  uint32_t checked = 0;  // runs of cells were mostly written together
  bool told = false;
  for (size_t i = first; i < last; i++) {
    Cell& cell = cells_[i];
    if (cell.write != checked) {
      if (!before(known, cell.write)) {
        const bool plain = id_of(cell.write) < threads_ && clock_of(cell.write) != kInFlight;
        if (!told) {
          report("wgmma", block.self().index, "reads", i, "writes", cell.write,
                 plain ? "with no fence_proxy_async, or no barrier, between"
                       : "without having been waited for");
        }
        told = true;
        cell.write = 0;
      }
      checked = cell.write;
    }
    cell.product_read = own;
  }
}

void RaceWatch::acquire_products(int thread, int warpgroup, uint32_t number) {
  if (!on_) return;
  uint32_t& known =
      threads_know_[static_cast<size_t>(thread)].seen[static_cast<size_t>(product_id(warpgroup))];
  known = std::max(known, number);
}

void RaceWatch::use_barrier(int thread, const void* place) {
  size_t first, last;
  if (!on_ || !cells(place, 8, first, last)) return;
  Cell& cell = cells_[first];
  if (before(threads_know_[static_cast<size_t>(thread)].seen, cell.write)) return;
  report("an mbarrier operation", thread, "uses", first, "initialises", cell.write,
         "with no barrier between");
  cell.write = 0;
}

}  // namespace fovea::emulation
