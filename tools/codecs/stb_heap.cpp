#include "tools/codecs/stb_heap.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace fovea::codecs {

// Leads each block; its alignment makes the bytes behind it aligned as malloc's are.
struct alignas(std::max_align_t) StbHeap::Block {
  Block* previous;
  Block* next;
  size_t size;
};

namespace {

thread_local StbHeap* current = nullptr;

}  // namespace

StbHeap::StbHeap(size_t limit) : limit_(limit) { current = this; }

StbHeap::~StbHeap() {
  while (first_) {
    Block* const next = first_->next;
    std::free(first_);
    first_ = next;
  }
  current = nullptr;
}

void* stb_allocate(size_t size) {
  StbHeap& heap = *current;
  if (size > heap.limit_ - heap.used_) throw StbFailure{"more memory than its size explains"};
  auto* block = static_cast<StbHeap::Block*>(std::malloc(sizeof(StbHeap::Block) + size));
  if (!block) throw std::bad_alloc();
  *block = {nullptr, heap.first_, size};
  if (heap.first_) heap.first_->previous = block;
  heap.first_ = block;
  heap.used_ += size;
  return block + 1;
}

void stb_free(void* memory) {
  if (!memory) return;
  StbHeap& heap = *current;
  auto* block = static_cast<StbHeap::Block*>(memory) - 1;
  if (block->previous) {
    block->previous->next = block->next;
  } else {
    heap.first_ = block->next;
  }
  if (block->next) block->next->previous = block->previous;
  heap.used_ -= block->size;
  std::free(block);
}

void* stb_reallocate(void* memory, size_t size) {
  void* grown = stb_allocate(size);
  if (memory) {
    const size_t old_size = (static_cast<StbHeap::Block*>(memory) - 1)->size;
    std::memcpy(grown, memory, std::min(old_size, size));
    stb_free(memory);
  }
  return grown;
}

}  // namespace fovea::codecs
