// One result whatever the number of threads, the height of the bands and the memory ceiling: the
// networks that people run, at every instruction set this machine has. `make check` runs a part,
// `make check-long` (FOVEA_LONG) all.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <ostream>
#include <thread>

#include "kernels/cpu/cpu_backend.h"
#include "tests/compare.h"
#include "tests/instruction_sets.h"
#include "tests/random_values.h"
#include "tests/real_networks.h"
#include "tests/swept.h"

namespace fovea::test {
namespace {

constexpr int64_t kWhole = 1 << 20;
constexpr int64_t kBandHeights[] = {kWhole, 1, 2, 3, 7, 16, 64};
// One, two, and more than the machine has: a worker may then come late or not at all.
constexpr int kThreads[] = {1, 2, 8};

// FNV-1a of the bits, to compare runs of different days and machines by eye.
uint64_t hash_of(const Tensor& map) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const float value : map.values()) {
    hash ^= std::bit_cast<uint32_t>(value);
    hash *= 0x100000001b3;
  }
  return hash;
}

// A pixel, a row, a column; sides that are whole tiles of 4 and of 6, one more and one less;
// higher than the highest band.
std::vector<Size> sizes_for(bool is_deep) {
  if (!long_run())
    return is_deep ? std::vector<Size>{{1, 1}, {7, 13}}
                   : std::vector<Size>{{1, 1}, {1, 25}, {25, 1}, {12, 12}, {13, 11}, {67, 17}};
  return {{1, 1},   {1, 2},   {2, 1},   {1, 40},  {40, 1},  {2, 3},   {5, 7},
          {4, 8},   {6, 6},   {6, 12},  {12, 12}, {13, 11}, {11, 13}, {8, 23},
          {17, 25}, {24, 48}, {7, 130}, {70, 19}, {131, 37}};
}

struct Case {
  std::string network;
  cpu::Isa isa;
};

void PrintTo(const Case& tested, std::ostream* out) {
  *out << tested.network << " on " << cpu::to_string(tested.isa);
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const std::string& network : real_network_names()) {
    for (const cpu::Isa isa : all_isas()) cases.push_back({network, isa});
  }
  return cases;
}

std::string case_name(const ::testing::TestParamInfo<Case>& tested) {
  return test_name(tested.param.network) + "_" + std::string(cpu::to_string(tested.param.isa));
}

class CpuDeterminism : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (const std::string reason = reason_to_skip(GetParam().isa); !reason.empty())
      GTEST_SKIP() << reason;
    auto model = load_real_network(GetParam().network);
    if (!model) GTEST_SKIP() << model.error().message;
    const auto backend = std::move(*cpu::make_cpu_backend(GetParam().isa));
    auto ready = SweptGraph::create(model->graph, *backend);
    ASSERT_TRUE(ready) << ready.error().message;
    ready_.emplace(std::move(*ready));
    channels_ = model->graph.value(model->graph.input()).channels;
    is_deep_ = model->graph.nodes().size() > 100;
  }

  // Samples of a picture: 0 ... 1.
  Tensor picture(Size size) const {
    RandomValues random(static_cast<uint32_t>(1000 * size.height + size.width));
    Tensor input(size, channels_);
    for (float& value : input.values()) value = random.uniform();
    return input;
  }

  std::optional<SweptGraph> ready_;
  int64_t channels_ = 0;
  bool is_deep_ = false;
};

TEST_P(CpuDeterminism, ThreadsAndBands) {
  for (const Size size : sizes_for(is_deep_)) {
    const Tensor input = picture(size);
    const auto expected = ready_->run(input, kWhole, 1);
    ASSERT_TRUE(expected) << expected.error().message;
    int runs = 0;
    for (const int64_t band_height : kBandHeights) {
      for (const int threads : kThreads) {
        // A part of the grid in which every height and every number of threads occurs.
        if (!long_run() && (runs++ % (is_deep_ ? 7 : 2)) != 0) continue;
        SCOPED_TRACE(fmt::format("{}x{}, bands of {} rows, {} threads", size.height, size.width,
                                 band_height, threads));
        const auto actual = ready_->run(input, band_height, threads);
        ASSERT_TRUE(actual) << actual.error().message;
        ASSERT_TRUE(same_bits(expected->view(), std::as_const(*actual).view()));
      }
    }
    if (long_run())
      fmt::print("{} {} {}x{}: {:016x}\n", GetParam().network, cpu::to_string(GetParam().isa),
                 size.height, size.width, hash_of(*expected));
  }
}

// Ceilings from more than enough down to one that refuses.
TEST_P(CpuDeterminism, MemoryCeilings) {
  const Size size = long_run() ? Size{150, 41} : is_deep_ ? Size{14, 9} : Size{64, 20};
  const Tensor input = picture(size);
  const auto expected = ready_->run(input, kWhole, 1);
  ASSERT_TRUE(expected) << expected.error().message;
  int fitting = 0;
  for (int64_t ceiling = int64_t{1} << 30; ceiling > 1000; ceiling /= long_run() ? 2 : 8) {
    SCOPED_TRACE(ceiling);
    const auto actual = ready_->run(input, 0, 2, ceiling);
    if (!actual) {
      ASSERT_EQ(actual.error().code, ErrorCode::kMemory) << actual.error().message;
      break;
    }
    ASSERT_TRUE(same_bits(expected->view(), std::as_const(*actual).view()));
    ++fitting;
  }
  EXPECT_GT(fitting, 1);
}

// Steps are immutable: two callers at once share them and nothing else.
TEST_P(CpuDeterminism, TwoAtOnce) {
  const Tensor input = picture(is_deep_ ? Size{8, 13} : Size{20, 31});
  const auto expected = ready_->run(input, kWhole, 1);
  ASSERT_TRUE(expected) << expected.error().message;
  std::vector<std::optional<Tensor>> actual(2);
  std::vector<std::thread> callers;
  for (int i = 0; i < 2; ++i) {
    callers.emplace_back([&, i] {
      auto output = ready_->run(input, i == 0 ? 5 : kWhole, 2);
      if (output) actual[static_cast<size_t>(i)] = std::move(*output);
    });
  }
  for (std::thread& caller : callers) caller.join();
  for (const auto& output : actual) {
    ASSERT_TRUE(output);
    EXPECT_TRUE(same_bits(expected->view(), output->view()));
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, CpuDeterminism, ::testing::ValuesIn(all_cases()), case_name);

}  // namespace
}  // namespace fovea::test
