// Every operator case that is not a convolution, in every element type: against the formula in f64,
// then the same bits in pieces on rings.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/emulation/launch_operator.h"
#include "tests/emulation/map_buffer.h"
#include "tests/naive_operators.h"
#include "tests/operator_cases.h"
#include "tests/random_values.h"

namespace fovea::test {
namespace {

class CudaOperators : public ::testing::TestWithParam<cuda::ElementType> {};

TEST_P(CudaOperators, EqualTheFormulaAndTheirBitsHangOnNoSplit) {
  int tested = 0;
  for (const OperatorCase& current : operator_cases()) {
    if (!has_kernel_of_its_own(current.graph, current.node())) continue;
    ++tested;
    constexpr uint32_t kSeed = 7;
    SCOPED_TRACE(current.name + ", seed " + std::to_string(kSeed));
    const auto sizes = infer_sizes(current.graph, current.input);
    RandomValues random(kSeed);
    std::vector<Tensor> inputs;
    std::vector<Size> input_sizes;
    for (const ValueId id : current.node().inputs) {
      input_sizes.push_back((*sizes)[static_cast<size_t>(id)]);
      inputs.push_back(
          rounded_to(GetParam(), random.map(input_sizes.back(), current.graph.value(id).channels)));
    }
    const NaiveResult naive = evaluate_naively(current.graph, current.node(), inputs);
    OperatorRun run = operator_run(current.graph, current.node(), input_sizes, GetParam());
    run.inputs = inputs;
    const Tensor whole = run_on_whole_maps(run);

    // As for the reference: each of n f32 operations rounds by half of epsilon of a partial sum.
    const double epsilon = std::numeric_limits<float>::epsilon();
    expect_rounded_once(GetParam(), naive.value, whole, [&](int64_t y, int64_t x, int64_t c) {
      return epsilon * (naive.terms * naive.magnitude.view().at(y, x)[c] +
                        std::abs(naive.value.view().at(y, x)[c]));
    });
    for (const int64_t piece_rows : {1, 3, 7}) expect_same_in_rings(run, whole, piece_rows);
    if (HasFatalFailure() || HasNonfatalFailure()) return;  // one case's report is enough
  }
  EXPECT_GT(tested, 200);
}

INSTANTIATE_TEST_SUITE_P(Types, CudaOperators, ::testing::ValuesIn(kElementTypes),
                         [](const auto& type) { return type_name(type.param); });

}  // namespace
}  // namespace fovea::test
