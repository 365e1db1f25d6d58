// What bench/kernels measures: single operators at the sizes of real networks, and the cases of the
// operator tests that multiply.
#pragma once

#include <string>
#include <vector>

#include "engine/graph.h"

namespace fovea::bench {

struct KernelCase {
  std::string name;
  Graph graph;
  Size input;
  bool only_last = false;  ///< nodes before the last one only make its inputs
};

/// Convolutions and dense blocks of RRDBNet, SRVGGNetCompact and SRCNN at the pictures' sizes that
/// the project states its speed in, their resizes and shuffles; random weights from fixed seeds.
std::vector<KernelCase> network_cases();

/// tests/operator_cases.h: those with weights to multiply by. Small: they tell what a call costs.
std::vector<KernelCase> test_cases();

/// Multiply-accumulates, summed directly as the formula has it, of what is measured of `measured`.
int64_t multiply_accumulates(const KernelCase& measured);

/// Bytes that move whatever the kernel: inputs and weights read once, the output written once.
int64_t least_bytes(const KernelCase& measured);

}  // namespace fovea::bench
