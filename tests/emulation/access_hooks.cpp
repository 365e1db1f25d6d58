// The functions that code compiled with -fsanitize=thread calls at each load and store. Kernels are
// compiled so, and linked with these instead of ThreadSanitizer's: the compiler's instrumentation
// serves the emulation's own watch over shared and global memory.
#include <fmt/core.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "tests/emulation/block.h"
#include "tests/emulation/guarded_memory.h"
#include "tests/emulation/race_watch.h"

namespace fovea::emulation {
namespace {

/// Whether the access is a kernel's and not to its own registers and locals, which are most.
bool of_interest(const void* place) {
  return race_watch.on() && block.running() && !block.self().fiber.holds(place);
}

bool told_as_behind_shared(const void* place, size_t bytes, const char* does) {
  if (!block.behind_shared(place)) return false;
  block.error(fmt::format("{} {} bytes behind the block's {} bytes of shared memory", does, bytes,
                          block.shared_bytes()));
  return true;
}

void load(const void* from, size_t bytes) {
  if (!of_interest(from)) return;
  if (block.in_shared(from, 1)) {
    race_watch.read(block.self().index, from, bytes);
  } else if (!told_as_behind_shared(from, bytes, "reads")) {
    check_device_access(from, bytes, Access::kRead, "reads");
  }
}

void store(const void* to, size_t bytes) {
  if (!of_interest(to)) return;
  if (block.in_shared(to, 1)) {
    race_watch.write(block.self().index, to, bytes);
  } else if (!told_as_behind_shared(to, bytes, "writes")) {
    check_device_access(to, bytes, Access::kWrite, "writes");
  }
}

}  // namespace
}  // namespace fovea::emulation

#define FOVEA_HOOKS(bytes)                                                                        \
  extern "C" void __tsan_read##bytes(void* at) { fovea::emulation::load(at, bytes); }             \
  extern "C" void __tsan_write##bytes(void* at) { fovea::emulation::store(at, bytes); }           \
  extern "C" void __tsan_unaligned_read##bytes(void* at) { fovea::emulation::load(at, bytes); }   \
  extern "C" void __tsan_unaligned_write##bytes(void* at) { fovea::emulation::store(at, bytes); } \
  extern "C" void __tsan_read##bytes##_pc(void* at, void*) { fovea::emulation::load(at, bytes); } \
  extern "C" void __tsan_write##bytes##_pc(void* at, void*) { fovea::emulation::store(at, bytes); }

FOVEA_HOOKS(1)
FOVEA_HOOKS(2)
FOVEA_HOOKS(4)
FOVEA_HOOKS(8)
FOVEA_HOOKS(16)

extern "C" {

void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_read(void**) {}
void __tsan_vptr_update(void**, void*) {}
void __tsan_read_range(void* at, unsigned long bytes) { fovea::emulation::load(at, bytes); }
void __tsan_write_range(void* at, unsigned long bytes) { fovea::emulation::store(at, bytes); }

void* __tsan_memcpy(void* to, const void* from, size_t bytes) {
  fovea::emulation::load(from, bytes);
  fovea::emulation::store(to, bytes);
  return std::memcpy(to, from, bytes);
}
void* __tsan_memmove(void* to, const void* from, size_t bytes) {
  fovea::emulation::load(from, bytes);
  fovea::emulation::store(to, bytes);
  return std::memmove(to, from, bytes);
}
void* __tsan_memset(void* to, int value, size_t bytes) {
  fovea::emulation::store(to, bytes);
  return std::memset(to, value, bytes);
}

// The guards of function-local statics in launchers.
uint8_t __tsan_atomic8_load(const volatile uint8_t* at, int) {
  return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}
// Reference counts of what launchers hold.
int __tsan_atomic32_fetch_add(volatile int* at, int value, int) {
  return __atomic_fetch_add(at, value, __ATOMIC_ACQ_REL);
}
int __tsan_atomic32_load(const volatile int* at, int) {
  return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

}  // extern "C"
