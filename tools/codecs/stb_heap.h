// The memory that stb_image and stb_image_write may use, with a cap, and freed however they end.
#pragma once

#include <cstddef>

namespace fovea::codecs {

/// Thrown out of the stb code: an allocation over the cap, or one of its assertions, which would
/// otherwise abort the program or be passed over.
struct StbFailure {
  const char* reason;
};

/// While one lives, the stb code on this thread allocates from it; what it has not freed is freed
/// at the end. One a thread at a time.
class StbHeap {
 public:
  explicit StbHeap(size_t limit);
  ~StbHeap();
  StbHeap(const StbHeap&) = delete;
  StbHeap& operator=(const StbHeap&) = delete;

 private:
  friend void* stb_allocate(size_t size);
  friend void* stb_reallocate(void* block, size_t size);
  friend void stb_free(void* block);

  struct Block;

  Block* first_ = nullptr;
  size_t used_ = 0;
  size_t limit_;
};

/// malloc, realloc and free for the stb code. They throw StbFailure over the cap and std::bad_alloc
/// when there is no memory, so that the stb code never sees a null pointer (which some of it does
/// not check).
void* stb_allocate(size_t size);
void* stb_reallocate(void* block, size_t size);
void stb_free(void* block);

}  // namespace fovea::codecs
