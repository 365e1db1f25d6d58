// Each way of breaking a kernel is reported, under every schedule: by an error of the emulation,
// not only by a wrong result.
#include <gtest/gtest.h>

#include <vector>

#include "tests/emulation/emulated_device.h"
#include "tests/emulation/emulation.h"
#include "tests/emulation/planted_bugs.h"

namespace fovea {
namespace {

using cuda::Bug;

struct Found {
  bool right = false;
  std::string errors;
};

template <class T>
std::vector<T> read(const void* device, size_t count) {
  std::vector<T> values(count);
  EXPECT_EQ(
      cuda::copy_to_host(values.data(), device, static_cast<int64_t>(count * sizeof(T)), nullptr),
      0);
  return values;
}

class Buffer {
 public:
  explicit Buffer(size_t bytes) {
    EXPECT_EQ(cuda::allocate(static_cast<int64_t>(bytes), data_), 0);
  }
  template <class T>
  explicit Buffer(const std::vector<T>& values) : Buffer(values.size() * sizeof(T)) {
    EXPECT_EQ(cuda::copy_to_device(data_, values.data(),
                                   static_cast<int64_t>(values.size() * sizeof(T)), nullptr),
              0);
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { cuda::deallocate(data_); }
  void* data() const { return data_; }

 private:
  void* data_ = nullptr;
};

Found finish(bool right) {
  Found found{right, ""};
  for (const std::string& error : emulation::take_errors()) found.errors += error + "\n";
  return found;
}

float small(size_t i) { return static_cast<float>(i * 7 % 13) - 6.0f; }

/// Rows of 64 pixels x 16 channels in two planes, and b as core matrices; the product of the sum.
Found run_pipeline(Bug bug) {
  constexpr size_t kRows = cuda::kPipelineRows;
  std::vector<uint16_t> rows(2 * kRows * 64 * 8);
  std::vector<float> total(64 * 16);
  for (size_t plane = 0; plane < 2; plane++) {
    for (size_t row = 0; row < kRows; row++) {
      for (size_t i = 0; i < 64 * 8; i++) {
        const float value = small(plane * 5000 + row * 700 + i);
        rows[(plane * kRows + row) * 64 * 8 + i] = emulation::float_to_half(value);
        total[i / 8 * 16 + plane * 8 + i % 8] += value;
      }
    }
  }
  std::vector<uint16_t> b(16 * 8);
  std::vector<float> right(16 * 8);
  for (size_t k = 0; k < 16; k++) {
    for (size_t n = 0; n < 8; n++) {
      right[k * 8 + n] = small(k * 11 + n * 3);
      b[k / 8 * 64 + n * 8 + k % 8] = emulation::float_to_half(right[k * 8 + n]);
    }
  }
  const Buffer rows_buffer(rows), b_buffer(b), d(128 * 4 * sizeof(float));
  cuda::DeviceMap map;
  map.data = rows_buffer.data();
  map.height = map.ring_rows = kRows;
  map.width = map.row_stride = 64;
  map.channels = 16;
  map.plane_stride = 64 * kRows;
  cuda::TensorMap encoded;
  EXPECT_EQ(cuda::encode_row_boxes(map, 64, 2, encoded), 0);
  EXPECT_EQ(
      cuda::launch_pipeline(bug, encoded, b_buffer.data(), static_cast<float*>(d.data()), nullptr),
      0);
  const auto found = read<float>(d.data(), 128 * 4);
  bool right_everywhere = true;
  for (size_t t = 0; t < 128; t++) {
    for (size_t i = 0; i < 4; i++) {
      const size_t row = 16 * (t / 32) + t % 32 / 4 + 8 * (i / 2);
      const size_t column = 2 * (t % 4) + i % 2;
      float sum = 0;
      for (size_t k = 0; k < 16; k++) sum += total[row * 16 + k] * right[k * 8 + column];
      right_everywhere = right_everywhere && found[t * 4 + i] == sum;
    }
  }
  return finish(right_everywhere);
}

Found run_staged_product(Bug bug) {
  std::vector<uint16_t> a(64 * 16);
  std::vector<uint16_t> b(16 * 8);
  for (size_t r = 0; r < 64; r++) {
    for (size_t k = 0; k < 16; k++) {
      a[k / 8 * 512 + r * 8 + k % 8] = emulation::float_to_half(small(r * 16 + k));
    }
  }
  for (size_t n = 0; n < 8; n++) {
    for (size_t k = 0; k < 16; k++) {
      b[k / 8 * 64 + n * 8 + k % 8] = emulation::float_to_half(small(n + k * k));
    }
  }
  const Buffer a_buffer(a), b_buffer(b), d(128 * 4 * sizeof(float));
  EXPECT_EQ(cuda::launch_staged_product(bug, a_buffer.data(), b_buffer.data(),
                                        static_cast<float*>(d.data()), nullptr),
            0);
  const auto found = read<float>(d.data(), 128 * 4);
  bool right = true;
  for (size_t t = 0; t < 128; t++) {
    for (size_t i = 0; i < 4; i++) {
      const size_t row = 16 * (t / 32) + t % 32 / 4 + 8 * (i / 2);
      const size_t column = 2 * (t % 4) + i % 2;
      float sum = 0;
      for (size_t k = 0; k < 16; k++) sum += small(row * 16 + k) * small(column + k * k);
      right = right && found[t * 4 + i] == sum;
    }
  }
  return finish(right);
}

Found run_exchange(Bug bug) {
  std::vector<int32_t> in(256);
  std::vector<int32_t> expected(256);
  int32_t sum = 0;
  for (size_t i = 0; i < in.size(); i++) {
    in[i] = static_cast<int32_t>(i * i % 91) + 1;
    expected[i] = sum += in[i];
  }
  const Buffer in_buffer(in), out(256 * sizeof(int32_t));
  EXPECT_EQ(cuda::launch_exchange(bug, static_cast<const int32_t*>(in_buffer.data()),
                                  static_cast<int32_t*>(out.data()), nullptr),
            0);
  return finish(read<int32_t>(out.data(), 256) == expected);
}

Found run_chain(Bug bug) {
  constexpr size_t kCount = 64;
  const Buffer numbers(kCount * sizeof(int32_t)), doubled(kCount * sizeof(int32_t));
  EXPECT_EQ(cuda::launch_chain(bug, static_cast<int32_t*>(numbers.data()),
                               static_cast<int32_t*>(doubled.data()), nullptr),
            0);
  bool right = true;
  const std::vector<int32_t> values = read<int32_t>(doubled.data(), kCount);
  for (size_t i = 0; i < kCount; i++) right = right && values[i] == 2 * static_cast<int32_t>(i);
  return finish(right);
}

struct Planted {
  const char* name;
  Bug bug;
  Found (*run)(Bug);
  const char* told;  // part of an error that some schedule brings; every schedule brings some error
  bool plain = false;  // found by watching plain loads and stores
};

#ifdef FOVEA_EMULATION_SEES_ACCESSES
constexpr bool kSeesAccesses = true;
#else
constexpr bool kSeesAccesses = false;
#endif

const Planted kPlanted[] = {
    {"NoFullWait", Bug::kNoFullWait, run_pipeline,
     "which a bulk copy writes, without having been waited for"},
    {"NoEmptyWait", Bug::kNoEmptyWait, run_pipeline, "race: a bulk copy of thread 0 writes"},
    {"NoPhaseFlip", Bug::kNoPhaseFlip, run_pipeline, "deadlock"},
    {"NoInitFence", Bug::kNoInitFence, run_pipeline, "has not fenced"},
    {"NoBarrierAfterInit", Bug::kNoBarrierAfterInit, run_pipeline, "initialise"},
    {"NoInit", Bug::kNoInit, run_pipeline, "was not initialised"},
    {"TwoArrivals", Bug::kTwoArrivals, run_pipeline, "one arrival too many"},
    {"TooManyBytes", Bug::kTooManyBytes, run_pipeline, "16 bytes are missing"},
    {"TooFewBytes", Bug::kTooFewBytes, run_pipeline, "bytes"},
    {"DestinationOffBy16", Bug::kDestinationOffBy16, run_pipeline, "not a multiple of 128"},
    {"DestinationOffBy8", Bug::kDestinationOffBy8, run_pipeline, "not a multiple of 128"},
    {"NoMultiplyFence", Bug::kNoMultiplyFence, run_pipeline, "without wgmma_fence"},
    {"NoMultiplyWait", Bug::kNoMultiplyWait, run_pipeline, "in flight"},
    {"NoCommit", Bug::kNoCommit, run_pipeline, "in flight"},
    {"ArriveBeforeMultiplyWait", Bug::kArriveBeforeMultiplyWait, run_pipeline,
     "which wgmma of warpgroup 1 reads, without having been waited for"},
    {"AccumulatorsTouched", Bug::kAccumulatorsTouched, run_pipeline, "was written while wgmma"},
    {"OperandOutside", Bug::kOperandOutside, run_pipeline, "lies outside the block's"},
    {"Swizzled", Bug::kSwizzled, run_pipeline, "swizzled operands are not modelled"},
    {"RegisterPool", Bug::kRegisterPool, run_pipeline, "set_max_registers_decrease from 40 to 48"},
    {"NoProxyFence", Bug::kNoProxyFence, run_staged_product, "no fence_proxy_async", true},
    {"FenceBeforeStores", Bug::kFenceBeforeStores, run_staged_product, "no fence_proxy_async",
     true},
    {"NoBarrierAfterStores", Bug::kNoBarrierAfterStores, run_staged_product, "no barrier", true},
    {"NoAsyncWait", Bug::kNoAsyncWait, run_staged_product, "by cp.async"},
    {"NoAsyncCommit", Bug::kNoAsyncCommit, run_staged_product, "never waited for"},
    {"NoBarrierAfterWrite", Bug::kNoBarrierAfterWrite, run_exchange, "race", true},
    {"NoBarrierBeforeRewrite", Bug::kNoBarrierBeforeRewrite, run_exchange, "race", true},
    {"NoWarpBarrier", Bug::kNoWarpBarrier, run_exchange, "race", true},
    {"BarrierCount", Bug::kBarrierCount, run_exchange, "named barrier 1 for 96 threads"},
    {"BarrierTwice", Bug::kBarrierTwice, run_exchange, "arrives again"},
    {"LanesApart", Bug::kLanesApart, run_exchange, "while others of its warp are at"},
    {"ReadBehind", Bug::kReadBehind, run_exchange, "reads 4 bytes at byte 1024 of an allocation",
     true},
    {"ReadBefore", Bug::kReadBefore, run_exchange, "reads 4 bytes, 4 before an allocation", true},
    {"WriteBehind", Bug::kWriteBehind, run_exchange, "writes 4 bytes at byte 1024", true},
    {"ReadBehindShared", Bug::kReadBehindShared, run_exchange,
     "reads 4 bytes behind the block's 256 bytes of shared memory", true},
    {"MatrixRowOff", Bug::kMatrixRowOff, run_exchange, "is not a multiple of 16"},
    {"MatrixRowOutside", Bug::kMatrixRowOutside, run_exchange, "outside the block's"},
    {"SharedAddress", Bug::kSharedAddress, run_exchange, "not to shared memory"},
    {"TooFewWarpsForMultiply", Bug::kTooFewWarpsForMultiply, run_exchange, "fewer than 128"},
    {"ReadBeforeDependency", Bug::kReadBeforeDependency, run_chain,
     "before grid_dependency_wait, where kernels wrote", true},
    {"WriteBeforeDependency", Bug::kWriteBeforeDependency, run_chain,
     "writes 4 bytes before grid_dependency_wait", true},
};

class PlantedBug : public testing::TestWithParam<Planted> {
 protected:
  void TearDown() override { emulation::set_schedule({}); }
};

TEST_P(PlantedBug, IsToldUnderEverySchedule) {
  if (GetParam().plain && !kSeesAccesses) {
    GTEST_SKIP() << "plain loads and stores belong to the sanitizers of this build";
  }
  bool told = false;
  for (const emulation::Schedule& schedule : emulation::all_schedules()) {
    emulation::set_schedule(schedule);
    const Found found = GetParam().run(GetParam().bug);
    EXPECT_NE(found.errors, "") << emulation::schedule_name(schedule)
                                << (found.right ? ": right results" : ": wrong results");
    told = told || found.errors.find(GetParam().told) != std::string::npos;
    if (!told && schedule.seed == 36) ADD_FAILURE() << "told otherwise: " << found.errors;
  }
  EXPECT_TRUE(told) << "nothing told of: " << GetParam().told;
}

INSTANTIATE_TEST_SUITE_P(Bugs, PlantedBug, testing::ValuesIn(kPlanted),
                         [](const testing::TestParamInfo<Planted>& place) {
                           return std::string(place.param.name);
                         });

TEST(PlantedBugs, NothingIsToldOfKernelsWithoutThem) {
  for (const emulation::Schedule& schedule : emulation::all_schedules()) {
    emulation::set_schedule(schedule);
    for (const auto run : {run_pipeline, run_staged_product, run_exchange, run_chain}) {
      const Found found = run(Bug::kNone);
      EXPECT_TRUE(found.right) << emulation::schedule_name(schedule);
      EXPECT_EQ(found.errors, "") << emulation::schedule_name(schedule);
    }
  }
  emulation::set_schedule({});
}

TEST(PlantedBugs, SwappedStridesGiveWrongResults) {
  // Both layouts lie in shared memory that was written, so that only the numbers tell.
  EXPECT_FALSE(run_pipeline(Bug::kStridesSwapped).right);
}

}  // namespace
}  // namespace fovea
