#include "engine/arena.h"

#include <sys/mman.h>

#include <limits>
#include <new>
#include <utility>

#include "engine/rounding.h"

namespace fovea {
namespace {

// The size of a large page of x86-64 and of most ARM systems. With pages of 4 KiB a sweep's streams
// (64 of them in Winograd kernels) use up the processor's table of translations, and a first
// picture takes a fault a page.
constexpr int64_t kLargePage = Arena::kRounding;
constexpr int64_t kFloat = sizeof(float);

}  // namespace

Arena::Arena(Arena&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), floats_(std::exchange(other.floats_, 0)) {}

Arena& Arena::operator=(Arena&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(floats_, other.floats_);
  return *this;
}

int64_t Arena::bytes_for(int64_t floats) {
  const int64_t bytes = floats * kFloat;
  return bytes < kLargePage ? bytes : round_up(bytes, kLargePage);
}

bool Arena::reserve(int64_t floats) {
  if (floats <= floats_) return true;
  release();  // the old one goes before the new one comes
  if (floats > (std::numeric_limits<int64_t>::max() - kLargePage) / kFloat) return false;
  const int64_t bytes = bytes_for(floats);
  void* memory =
      ::operator new (static_cast<size_t>(bytes), std::align_val_t{kLargePage}, std::nothrow);
  if (memory == nullptr) return false;
#ifdef MADV_HUGEPAGE
  // Below a page's size it would only take more than is asked for. Refused is as good.
  if (bytes >= kLargePage) (void)madvise(memory, static_cast<size_t>(bytes), MADV_HUGEPAGE);
#endif
  data_ = static_cast<float*>(memory);
  floats_ = floats;
  return true;
}

void Arena::release() {
  if (data_ != nullptr) ::operator delete (data_, std::align_val_t{kLargePage});
  data_ = nullptr;
  floats_ = 0;
}

}  // namespace fovea
