// A function on a stack of its own. Boost.Context switches the stacks; AddressSanitizer is told.
#pragma once

#include <boost/context/fiber.hpp>
#include <cstddef>
#include <cstdint>

namespace fovea::emulation {

class Fiber {
 public:
  /// What a fiber runs. Gives back the fiber to go on with when it has ended.
  using Function = Fiber* (*)(void* argument);

  /// Makes this a fiber that will run `function` when it is first switched to.
  void start(Function function, void* argument);
  /// Leaves `from`, which is the running one, until someone switches to it.
  static void switch_to(Fiber& from, Fiber& to);
  /// Whether `place` lies on its stack.
  bool holds(const void* place) const {
    return reinterpret_cast<uintptr_t>(place) - reinterpret_cast<uintptr_t>(stack_bottom_) <
           stack_bytes_;
  }

 private:
  boost::context::fiber handle_;
  const void* stack_bottom_ = nullptr;
  size_t stack_bytes_ = 0;
  void* fake_stack_ = nullptr;  // AddressSanitizer's
};

}  // namespace fovea::emulation
