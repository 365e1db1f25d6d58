// Weights as the CPU kernels read them.
#pragma once

#include <new>
#include <utility>
#include <vector>

#include "engine/tensor.h"
#include "kernels/ops.h"

namespace fovea::cpu {

/// Elements that are not written when they are made.
template <class T>
struct UninitialisedAllocator : AlignedAllocator<T> {
  UninitialisedAllocator() = default;
  template <class U>
  UninitialisedAllocator(const UninitialisedAllocator<U>&) {}
  template <class U>
  struct rebind {
    using other = UninitialisedAllocator<U>;
  };

  template <class U>
  void construct(U* element) {
    ::new (static_cast<void*>(element)) U;
  }
  template <class U, class... Arguments>
  void construct(U* element, Arguments&&... arguments) {
    ::new (static_cast<void*>(element)) U(std::forward<Arguments>(arguments)...);
  }
};

/// Packed weights: PackedFloats(n) holds anything, and its pages belong to whoever packs.
using PackedFloats = std::vector<float, UninitialisedAllocator<float>>;

/// `count` rounded up to whole panels (kPanel).
int64_t padded_channels(int64_t count);

/// `values` followed by zeros up to padded_channels(count).
AlignedFloats pad_channels(const std::vector<float>& values, int64_t count);

/// (padded out / 16, kernel_h, kernel_w, in, 16) for direct().
PackedFloats pack_direct(const ops::ConvolutionOp& op);

/// (out, kernel_h, kernel_w, padded in) for narrow().
PackedFloats pack_narrow(const ops::ConvolutionOp& op);

/// (kernel_h, kernel_w, padded channels) for depthwise().
PackedFloats pack_depthwise(const ops::ConvolutionOp& op);

}  // namespace fovea::cpu
