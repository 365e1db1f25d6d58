// How far the CPU kernels are from the exact result: the networks that people run on real pictures,
// at every instruction set this machine has, beside the reference that sums in f64. `make check`
// takes small crops, `make check-long` (FOVEA_LONG) whole pictures.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/run_whole.h"
#include "kernels/cpu/cpu_backend.h"
#include "tests/instruction_sets.h"
#include "tests/picture_distance.h"
#include "tests/read_picture.h"
#include "tests/real_networks.h"
#include "tests/swept.h"

namespace fovea::test {
namespace {

namespace fs = std::filesystem;

// What is asked of f32 kernels: noise of 1e-5 of the range is invisible even after 16 bits, and
// turns the rounding of as few 8-bit samples as these.
constexpr double kLeastPsnr = 100;
constexpr double kMostDiffering = 0.0025;
constexpr int64_t kMostSteps = 1;

struct Input {
  std::string name;
  Tensor map;
};

// Pictures of the project's own, and Set5 and Set14 where they are at hand.
std::vector<fs::path> picture_files(bool is_deep) {
  const fs::path own = FOVEA_TEST_PICTURES;
  if (!long_run()) return {own / "face.png", own / "zone-plate.png"};
  std::vector<fs::path> files{own / "cat-eye.png", own / "face.png", own / "shapes.png"};
  if (!is_deep) files.push_back(own / "zone-plate.png");
  if (const auto data = folder_from_environment("FOVEA_TEST_DATA")) {
    std::vector<std::string> names{"set5/x4/bird_LR.png", "set5/x4/butterfly_LR.png",
                                   "set5/x4/head_LR.png", "set5/x4/woman_LR.png"};
    if (!is_deep) names.insert(names.end(), {"set5/x4/baby_LR.png", "set14/x4/monarch_LR.png"});
    for (const std::string& name : names) {
      if (fs::exists(*data / "data" / name)) files.push_back(*data / "data" / name);
    }
  }
  return files;
}

// Small crops hold one detail each; sides that are no whole tiles.
std::vector<Input> inputs_for(int64_t channels, bool is_deep) {
  std::vector<Input> inputs;
  for (const fs::path& file : picture_files(is_deep)) {
    Tensor map = to_map(read_picture(file), channels);
    const Size small = is_deep ? Size{14, 15} : Size{40, 41};
    if (!long_run()) map = crop(map, 24, 20, small);
    inputs.push_back({file.stem().string(), std::move(map)});
  }
  return inputs;
}

struct Kernels {
  cpu::Isa isa;
  Precision precision;

  std::string name() const {
    return fmt::format("{}{}", cpu::to_string(isa), precision == Precision::kBf16 ? " bf16" : "");
  }
};

// Those that this machine runs, and AMX emulated: tests of the sums, whoever makes them.
std::vector<Kernels> kernels_at(Precision precision) {
  std::vector<cpu::Isa> isas = all_isas();
  std::erase_if(isas, [](cpu::Isa isa) { return !reason_to_skip(isa).empty(); });
  isas.push_back(cpu::Isa::kAmxEmulated);
  std::vector<Kernels> kernels;
  for (const cpu::Isa isa : isas) {
    if (precision == Precision::kF32 || isa >= cpu::Isa::kAmx) kernels.push_back({isa, precision});
  }
  return kernels;
}

class CpuAccuracy : public ::testing::TestWithParam<std::string> {
 protected:
  // Calls check with the distance from the reference of each of `kernels` on each input.
  template <class Check>
  void compare(const std::vector<Kernels>& kernels, Check check) {
    const auto model = load_real_network(GetParam());
    if (!model) GTEST_SKIP() << model.error().message;
    const Graph& graph = model->graph;
    const bool is_deep = graph.nodes().size() > 100;
    const auto reference = make_reference_backend(ReferenceAccumulator::kF64);
    for (const Input& input : inputs_for(graph.value(graph.input()).channels, is_deep)) {
      const auto expected = run_whole(*reference, graph, input.map);
      ASSERT_TRUE(expected) << expected.error().message;
      for (const Kernels& tested : kernels) {
        SCOPED_TRACE(fmt::format("{} on {}", input.name, tested.name()));
        const auto backend = std::move(*cpu::make_cpu_backend(tested.isa, tested.precision));
        const auto actual = swept(graph, *backend, input.map, 0, 2);
        ASSERT_TRUE(actual) << actual.error().message;
        ASSERT_EQ(expected->values().size(), actual->values().size());
        const PictureDistance found = picture_distance(*expected, *actual);
        fmt::print(
            "{:<24} {:<10} {:>3}x{:<3} {:<17} {:6.1f} dB, largest {:.1e}, {:.3f} % of 8-bit "
            "values differ, by {} at most\n",
            GetParam(), input.name, input.map.size().height, input.map.size().width, tested.name(),
            found.psnr(), found.largest, 100 * found.share(), found.steps);
        EXPECT_TRUE(found.finite);
        check(found);
      }
    }
  }
};

TEST_P(CpuAccuracy, IsThatOfF32) {
  compare(kernels_at(Precision::kF32), [](const PictureDistance& found) {
    EXPECT_GE(found.psnr(), kLeastPsnr);
    EXPECT_LE(found.share(), kMostDiffering);
    EXPECT_LE(found.steps, kMostSteps);
  });
}

// Operands of 8 bits: each layer adds noise of 2^-9 or so of its values, which residuals scaled by
// 0.2 and the sum over hundreds of terms wear down to a hundredth of the range at most.
TEST_P(CpuAccuracy, OfBf16IsCoarserAndBounded) {
  compare(kernels_at(Precision::kBf16),
          [](const PictureDistance& found) { EXPECT_GE(found.psnr(), 40); });
}

INSTANTIATE_TEST_SUITE_P(Networks, CpuAccuracy, ::testing::ValuesIn(real_network_names()),
                         [](const auto& tested) { return test_name(tested.param); });

}  // namespace
}  // namespace fovea::test
