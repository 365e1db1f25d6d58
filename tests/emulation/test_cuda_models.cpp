// Networks that people run, on a crop of a picture, through the CUDA backend on emulated devices:
// how far f16 is from the exact result.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "engine/run_whole.h"
#include "kernels/cuda/cuda_backend.h"
#include "tests/emulation/emulation.h"
#include "tests/picture_distance.h"
#include "tests/read_picture.h"
#include "tests/real_networks.h"
#include "tests/row_flow.h"

namespace fovea::test {
namespace {

// A band as high as any picture here.
constexpr int64_t kWholePicture = 1 << 20;

// What f16 maps and weights cost in published networks is 73 to 82 dB, up to 4 % of 8-bit values
// and none by more than 1; the bounds.
constexpr double kLeastPsnr = 72;
constexpr double kMostDiffering = 0.05;

struct Case {
  std::string name;
  int capability;  // of the emulated device: which kernels run
};

class CudaModels : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override { emulation::set_compute_capability(GetParam().capability); }
  void TearDown() override {
    for (const std::string& error : emulation::take_errors()) ADD_FAILURE() << error;
    emulation::set_compute_capability(90);
  }

  static Tensor face() {
    return crop(to_map(read_picture(std::string(FOVEA_TEST_PICTURES) + "/face.png"), 3), 24, 20,
                {24, 24});
  }

  static Result<Tensor> on_device(const Graph& graph, const Tensor& input) {
    FOVEA_ASSIGN_OR_RETURN(const auto backend, cuda::make_cuda_backend(0, Precision::kF16));
    ThreadTeam team(1);
    FOVEA_ASSIGN_OR_RETURN(Session session, Session::create(graph, *backend, team));
    return run_session(session, input, kWholePicture);
  }
};

TEST_P(CudaModels, AnimeVideoIsWhatItIsInF32) {
  const auto model = load_real_network("realesr-animevideov3-x4");
  if (!model) GTEST_SKIP() << model.error().message;
  const Tensor input = face();
  const auto exact =
      run_whole(*make_reference_backend(ReferenceAccumulator::kF64), model->graph, input);
  ASSERT_TRUE(exact) << exact.error().message;
  const auto output = on_device(model->graph, input);
  ASSERT_TRUE(output) << output.error().message;
  const PictureDistance distance = picture_distance(*exact, *output);
  ASSERT_TRUE(distance.finite);
  RecordProperty("psnr", fmt::format("{:.1f}", distance.psnr()));
  EXPECT_GE(distance.psnr(), kLeastPsnr);
  EXPECT_LE(distance.share(), kMostDiffering);
  EXPECT_LE(distance.steps, 1);
}

// The first residual in residual dense block of x4plus: its map of 64 channels is no picture, so
// its error is told against its own size.
TEST_P(CudaModels, ResidualInResidualDenseBlock) {
  const auto model = load_real_network("realesrgan-x4plus");
  if (!model) GTEST_SKIP() << model.error().message;
  // Behind each of three dense blocks, and behind them all, something is added.
  Graph graph = model->graph;
  int adds = 0;
  for (const Node& node : model->graph.nodes()) {
    if (std::holds_alternative<Add>(node.op) && ++adds == 4) graph.set_output(node.output);
  }
  ASSERT_GE(adds, 4);
  const Tensor input = face();
  const auto exact = run_whole(*make_reference_backend(ReferenceAccumulator::kF64), graph, input);
  ASSERT_TRUE(exact) << exact.error().message;
  const auto output = on_device(graph, input);
  ASSERT_TRUE(output) << output.error().message;
  double squares = 0;
  for (const float value : exact->values()) squares += static_cast<double>(value) * value;
  const PictureDistance distance = picture_distance(*exact, *output);
  ASSERT_TRUE(distance.finite);
  // A dozen roundings of 2^-12 on average between the input and here, added as errors add.
  EXPECT_LE(std::sqrt(distance.squares / squares), 12 * 0x1p-12);
}

INSTANTIATE_TEST_SUITE_P(Devices, CudaModels,
                         ::testing::Values(Case{"sm90", 90}, Case{"sm86", 86}, Case{"sm75", 75}),
                         [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace fovea::test
