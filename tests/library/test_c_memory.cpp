// Memory that runs out: the N-th allocation of a run fails, for every N, and each time the answer
// is FOVEA_ERROR_MEMORY and all that was taken is given back.
#include <atomic>
#include <cstdlib>
#include <new>

#include "tests/library/c_handles.h"

namespace {

// Allocations until one fails; below zero none does. Those of all threads count.
std::atomic<int64_t> left{-1};
std::atomic<int64_t> alive{0};

bool fails_now() { return left.load() >= 0 && left.fetch_sub(1) == 0; }

void* allocate(std::size_t size, std::size_t alignment) {
  if (fails_now()) return nullptr;
  void* memory = nullptr;
  if (posix_memalign(&memory, std::max(alignment, sizeof(void*)), std::max<size_t>(size, 1)) != 0)
    return nullptr;
  ++alive;
  return memory;
}

void* allocate_or_throw(std::size_t size, std::size_t alignment) {
  void* const memory = allocate(size, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void release(void* memory) {
  if (memory != nullptr) --alive;
  std::free(memory);
}

}  // namespace

// Arrays and the forms without an exception come here too.
void* operator new(std::size_t size) { return allocate_or_throw(size, 1); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size, 1); }
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }

namespace fovea_test {
namespace {

constexpr fovea_shape kPhoto{6, 5, 4, FOVEA_U8};

// Everything that an embedder does with a picture; the code of the first call that fails.
fovea_code whole_run(const char* name, int threads, const uint8_t* pixels, uint8_t* result) {
  fovea_model* model = nullptr;
  fovea_upscaler* upscaler = nullptr;
  fovea_upscaler_options options = FOVEA_UPSCALER_OPTIONS_INIT;
  options.threads = threads;
  options.scale = 2;
  fovea_error error;
  fovea_code status = fovea_model_open(name, nullptr, &model, &error);
  if (status == FOVEA_OK) status = fovea_upscaler_create(model, &options, &upscaler, &error);
  if (status == FOVEA_OK)
    status = fovea_upscale(upscaler, &kPhoto, pixels, 0, result, 0, nullptr, &error);
  fovea_upscaler_destroy(upscaler);
  fovea_model_close(model);
  EXPECT_EQ(status == FOVEA_OK, std::strlen(error.message) == 0);
  return status;
}

void fail_each_allocation(const char* name, int threads) {
  const std::vector<uint8_t> samples = random_samples(kPhoto, 1);
  std::vector<uint8_t> expected(samples.size() * 4), result(samples.size() * 4);
  // What is kept for good (tables) is taken before anything is counted.
  ASSERT_EQ(whole_run(name, threads, samples.data(), expected.data()), FOVEA_OK);
  int64_t failures = 0;
  for (int64_t n = 0;; ++n) {
    const int64_t before = alive;
    left = n;
    const fovea_code status = whole_run(name, threads, samples.data(), result.data());
    const bool has_failed = left.exchange(-1) < 0;
    ASSERT_EQ(alive, before) << "after failure " << n;
    if (status == FOVEA_OK) {
      ASSERT_EQ(result, expected) << "after failure " << n;
      // A thread that could not be started is done without.
      if (!has_failed) break;
      continue;
    }
    ASSERT_TRUE(has_failed);
    ASSERT_EQ(status, FOVEA_ERROR_MEMORY) << "after failure " << n;
    ++failures;
  }
  EXPECT_GT(failures, 100);
}

TEST(CMemory, OnOneThread) { fail_each_allocation(FOVEA_SMALL_MODELS "/srvgg_x2.safetensors", 1); }
TEST(CMemory, OnSeveralThreads) {
  fail_each_allocation(FOVEA_SMALL_MODELS "/srvgg_x2.safetensors", 3);
}
TEST(CMemory, OfANetworkOnLuma) {
  fail_each_allocation(FOVEA_SMALL_MODELS "/srcnn_915.safetensors", 2);
}
TEST(CMemory, OfAClassicalMethod) { fail_each_allocation("bicubic", 2); }

}  // namespace
}  // namespace fovea_test
