// The micro-benchmarks of bench/gpu over the emulation: what they multiply and copy is right. Their
// times mean nothing here.
#include <gtest/gtest.h>

#include "bench/gpu/micro.h"
#include "tests/emulation/emulation.h"

namespace fovea::cuda {
namespace {

void expect_no_errors() {
  for (const std::string& error : emulation::take_errors()) ADD_FAILURE() << error;
}

TEST(GpuMicro, ProductsAreRight) {
  for (const ProductsCase& each : products_cases()) {
    SCOPED_TRACE("N " + std::to_string(each.columns) + ", shift " + std::to_string(each.shift) +
                 ", warpgroups " + std::to_string(each.warpgroups));
    ProductsResult result;
    result.relative_error = 1.0;
    ASSERT_EQ(measure_products(each, 1, 2, result), 0);
    // Sums of 64 exact products in f32: at most 64 roundings of 2^-24.
    EXPECT_LE(result.relative_error, 64 * 0x1p-24);
    expect_no_errors();
  }
}

TEST(GpuMicro, UnknownShapesAreRefused) {
  ProductsResult result;
  EXPECT_NE(measure_products({40, 0, 1, false}, 1, 1, result), 0);
}

TEST(GpuMicro, CopiesArrive) {
  for (const emulation::Schedule& schedule : emulation::covering_schedules()) {
    emulation::set_schedule(schedule);
    SCOPED_TRACE(emulation::schedule_name(schedule));
    CopyCase boxes{"boxes", int64_t{1280} * 16 * 8 * 3, 8};
    CopyResult result;
    ASSERT_EQ(measure_copy(boxes, 2, 0.0, result), 0);
    EXPECT_TRUE(result.ok);
    expect_no_errors();
  }
  emulation::set_schedule({});
  CopyResult result;
  ASSERT_EQ(measure_copy({"loads", 1 << 16, 0}, 1, 0.0, result), 0);
  EXPECT_TRUE(result.ok);
  expect_no_errors();
}

}  // namespace
}  // namespace fovea::cuda
