#include "tests/emulation/guarded_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "tests/emulation/block.h"

#if defined(__SANITIZE_ADDRESS__)
#define FOVEA_MEMORY_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FOVEA_MEMORY_ASAN 1
#endif
#endif
#ifdef FOVEA_MEMORY_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace fovea::emulation {
namespace {

constexpr size_t kAlignment = 256;         // cudaMalloc's
constexpr size_t kGuardBytes = 64 * 1024;  // on either side: a few rows or a plane too far is seen
constexpr int kGuardByte = 0xa5;
constexpr int kPoisonByte = 0xff;  // NaN in every type

struct Allocation {
  uint8_t* first;
  size_t bytes;
  bool host;
  bool written = false;  // by a kernel
};

std::vector<Allocation> allocations;  // by address
size_t last_found = 0;

/// The first allocation that begins after `place`; the one before it is the only that can hold it.
size_t after(const uint8_t* place) {
  const auto found =
      std::upper_bound(allocations.begin(), allocations.end(), place,
                       [](const uint8_t* p, const Allocation& a) { return p < a.first; });
  return static_cast<size_t>(found - allocations.begin());
}

bool holds(const Allocation& allocation, const uint8_t* place, size_t bytes) {
  return place >= allocation.first && place + bytes <= allocation.first + allocation.bytes;
}

/// What a kernel ahead of the running one may be at work on must not be touched.
void check_dependency(Allocation& allocation, size_t bytes, Access access, const char* does) {
  if (block.before_dependency() && (access == Access::kWrite || allocation.written)) {
    block.error(fmt::format("{} {} bytes before grid_dependency_wait{}", does, bytes,
                            access == Access::kRead ? ", where kernels wrote" : ""));
  }
  if (access == Access::kWrite) allocation.written = true;
}

size_t whole_bytes(size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment + 2 * kGuardBytes;
}

void set_accessible([[maybe_unused]] uint8_t* memory, [[maybe_unused]] size_t bytes,
                    [[maybe_unused]] bool accessible) {
#ifdef FOVEA_MEMORY_ASAN
  if (accessible) {
    ASAN_UNPOISON_MEMORY_REGION(memory, bytes);
  } else {
    ASAN_POISON_MEMORY_REGION(memory, bytes);
  }
#endif
}

bool intact(const uint8_t* guard) {
  return std::all_of(guard, guard + kGuardBytes, [](uint8_t b) { return b == kGuardByte; });
}

}  // namespace

void* take_memory(size_t bytes, bool host) {
  const size_t whole = whole_bytes(bytes);
  auto* memory = static_cast<uint8_t*>(std::aligned_alloc(kAlignment, whole));
  if (!memory) return nullptr;
  uint8_t* first = memory + kGuardBytes;
  std::memset(memory, kGuardByte, kGuardBytes);
  std::memset(first, kPoisonByte, bytes);
  std::memset(first + bytes, kGuardByte, whole - kGuardBytes - bytes);
  set_accessible(memory, kGuardBytes, false);
  set_accessible(first + bytes, whole - kGuardBytes - bytes, false);
  allocations.insert(allocations.begin() + static_cast<ptrdiff_t>(after(first)),
                     {.first = first, .bytes = bytes, .host = host});
  last_found = 0;
  return first;
}

bool give_back_memory(void* memory, bool host, size_t& bytes) {
  auto* first = static_cast<uint8_t*>(memory);
  const size_t place = after(first);
  if (place == 0 || allocations[place - 1].first != first || allocations[place - 1].host != host) {
    return false;
  }
  bytes = allocations[place - 1].bytes;
  set_accessible(first - kGuardBytes, whole_bytes(bytes), true);
  if (!intact(first - kGuardBytes) || !intact(first + bytes)) {
    add_error(fmt::format("bytes beside an allocation of {} bytes were written", bytes));
  }
  std::free(first - kGuardBytes);
  allocations.erase(allocations.begin() + static_cast<ptrdiff_t>(place - 1));
  last_found = 0;
  return true;
}

bool in_memory(const void* place, size_t bytes, bool host) {
  const auto* first = static_cast<const uint8_t*>(place);
  const size_t next = after(first);
  return next > 0 && allocations[next - 1].host == host &&
         holds(allocations[next - 1], first, bytes);
}

void check_device_access(const void* place, size_t bytes, Access access, const char* does) {
  const auto* first = static_cast<const uint8_t*>(place);
  if (last_found < allocations.size() && holds(allocations[last_found], first, bytes)) {
    return check_dependency(allocations[last_found], bytes, access, does);
  }
  const size_t next = after(first);
  if (next > 0) {
    Allocation& before = allocations[next - 1];
    if (holds(before, first, bytes)) {
      last_found = next - 1;
      check_dependency(before, bytes, access, does);
      if (before.host) block.error(fmt::format("{} {} bytes of host memory", does, bytes));
      return;
    }
    if (first < before.first + before.bytes + kGuardBytes) {
      return block.error(fmt::format("{} {} bytes at byte {} of an allocation of {}", does, bytes,
                                     first - before.first, before.bytes));
    }
  }
  if (next < allocations.size() && first + kGuardBytes >= allocations[next].first) {
    block.error(fmt::format("{} {} bytes, {} before an allocation of {}", does, bytes,
                            allocations[next].first - first, allocations[next].bytes));
  }
}

}  // namespace fovea::emulation
