#include "tests/emulation/fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include <memory>
#include <new>
#include <utility>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#define FOVEA_FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FOVEA_FIBER_ASAN 1
#endif
#endif
#ifdef FOVEA_FIBER_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

namespace fovea::emulation {
namespace {

#ifdef FOVEA_FIBER_ASAN
constexpr size_t kStackBytes = 512 * 1024;  // frames grow by red zones
#else
constexpr size_t kStackBytes = 128 * 1024;
#endif

/// Stacks with an inaccessible page below, kept for the next fiber when one ends.
class StackPool {
 public:
  boost::context::stack_context take() {
    boost::context::stack_context stack;
    stack.size = kStackBytes;
    if (free_.empty()) {
      const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
      void* memory = mmap(nullptr, kStackBytes + page, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (memory == MAP_FAILED) throw std::bad_alloc();
      mprotect(memory, page, PROT_NONE);
      stack.sp = static_cast<char*>(memory) + page + kStackBytes;
    } else {
      stack.sp = free_.back();
      free_.pop_back();
    }
    return stack;
  }
  void give_back(const boost::context::stack_context& stack) { free_.push_back(stack.sp); }

 private:
  std::vector<void*> free_;
};

StackPool& stacks() {
  static StackPool pool;
  return pool;
}

/// What Boost asks for: an allocator by value.
struct PooledStack {
  boost::context::stack_context allocate() { return stacks().take(); }
  void deallocate(boost::context::stack_context& stack) noexcept { stacks().give_back(stack); }
};

Fiber* left = nullptr;  // whom the running fiber was switched to from

void start_switch([[maybe_unused]] void** fake_stack, [[maybe_unused]] const void* bottom,
                  [[maybe_unused]] size_t bytes) {
#ifdef FOVEA_FIBER_ASAN
  __sanitizer_start_switch_fiber(fake_stack, bottom, bytes);
#endif
}

void finish_switch([[maybe_unused]] void* fake_stack, [[maybe_unused]] const void** bottom,
                   [[maybe_unused]] size_t* bytes) {
#ifdef FOVEA_FIBER_ASAN
  __sanitizer_finish_switch_fiber(fake_stack, bottom, bytes);
#endif
}

}  // namespace

void Fiber::start(Function function, void* argument) {
  boost::context::stack_context stack = stacks().take();
  stack_bottom_ = static_cast<char*>(stack.sp) - stack.size;
  stack_bytes_ = stack.size;
  handle_ = boost::context::fiber(
      std::allocator_arg, boost::context::preallocated(stack.sp, stack.size, stack), PooledStack(),
      [this, function, argument](boost::context::fiber&& back) {
        finish_switch(nullptr, &left->stack_bottom_, &left->stack_bytes_);
        left->handle_ = std::move(back);
        Fiber* next = function(argument);
        left = this;
        start_switch(nullptr, next->stack_bottom_, next->stack_bytes_);
        return std::move(next->handle_);
      });
}

void Fiber::switch_to(Fiber& from, Fiber& to) {
  left = &from;
  start_switch(&from.fake_stack_, to.stack_bottom_, to.stack_bytes_);
  boost::context::fiber back = std::move(to.handle_).resume();
  finish_switch(from.fake_stack_, nullptr, nullptr);
  left->handle_ = std::move(back);
}

}  // namespace fovea::emulation
