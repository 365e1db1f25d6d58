// The wrappers' cases in the emulation: every schedule, and every compute capability.
#include <gtest/gtest.h>

#include "tests/emulation/emulation.h"
#include "tests/wrappers/wrapper_cases.h"

namespace fovea {
namespace {

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

class Wrapper : public testing::TestWithParam<size_t> {
 protected:
  const cuda::WrapperCase& test_case() const { return cuda::wrapper_cases()[GetParam()]; }
  void TearDown() override {
    emulation::set_schedule({});
    emulation::set_compute_capability(90);
    emulation::set_streams_deferred(false);
    EXPECT_EQ(emulation::memory_in_use(), 0);
  }
};

TEST_P(Wrapper, AsExpectedUnderEverySchedule) {
  for (const emulation::Schedule& schedule : emulation::all_schedules()) {
    emulation::set_schedule(schedule);
    EXPECT_EQ(test_case().run(), "") << emulation::schedule_name(schedule);
    EXPECT_EQ(joined(emulation::take_errors()), "") << emulation::schedule_name(schedule);
    if (HasFailure()) return;
  }
}

TEST_P(Wrapper, AsExpectedAtEveryCapability) {
  for (const int capability : {75, 80, 86, 89, 90, 100, 120}) {
    emulation::set_compute_capability(capability);
    if (!test_case().runs_on(capability)) continue;
    EXPECT_EQ(test_case().run(), "") << capability;
    EXPECT_EQ(joined(emulation::take_errors()), "") << capability;
  }
}

TEST_P(Wrapper, AsExpectedWhereStreamsRunLate) {
  emulation::set_streams_deferred(true);
  EXPECT_EQ(test_case().run(), "");
  EXPECT_EQ(joined(emulation::take_errors()), "");
}

INSTANTIATE_TEST_SUITE_P(Cases, Wrapper, testing::Range(size_t{0}, cuda::wrapper_cases().size()),
                         [](const testing::TestParamInfo<size_t>& place) {
                           return cuda::wrapper_cases()[place.param].name;
                         });

}  // namespace
}  // namespace fovea
