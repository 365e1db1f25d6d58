// The CPU kernels' instruction sets as tests go through them: every level there are kernels for,
// and why some do not run here.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kernels/cpu/isa.h"

namespace fovea::test {

/// Every level there are kernels for, lowest first, whether this machine runs it or not; without
/// emulated AMX, which is slow and has test_amx.
std::vector<cpu::Isa> all_isas();

/// Why `isa` is skipped on this machine; empty when it runs.
std::string reason_to_skip(cpu::Isa isa);

/// "instruction sets tested: portable, avx2; skipped: avx512 (...)"
std::string describe_isas();

/// A parameter's name for INSTANTIATE_TEST_SUITE_P.
std::string isa_name(const ::testing::TestParamInfo<cpu::Isa>& tested);

}  // namespace fovea::test
