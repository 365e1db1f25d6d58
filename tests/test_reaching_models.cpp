// The golden networks that see further than their convolutions: what they are told to be, and that
// each of their tensors is needed and no other taken.
#include <gtest/gtest.h>

#include <filesystem>
#include <ostream>

#include "loaders/formats/read_file.h"
#include "loaders/formats/safetensors.h"
#include "tests/network_file.h"

namespace fovea {
namespace {

using namespace test;

struct Network {
  std::string file;
  std::string architecture;
  int64_t scale;
  std::string details;
};

void PrintTo(const Network& tested, std::ostream* out) { *out << tested.file; }

class ReachingModels : public testing::TestWithParam<Network> {
 protected:
  void SetUp() override {
    const std::filesystem::path folder = FOVEA_GOLDEN_MODELS;
    const auto bytes =
        read_file(folder / (GetParam().file + ".safetensors"), size_t{1} << 24, ErrorCode::kModel);
    ASSERT_TRUE(bytes) << bytes.error().message;
    auto weights = read_safetensors(*bytes);
    ASSERT_TRUE(weights) << weights.error().message;
    weights_ = std::move(*weights);
  }

  Weights weights_;
};

TEST_P(ReachingModels, AreToldByTheirTensors) {
  const auto model = build_architecture(weights_);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->architecture, GetParam().architecture);
  EXPECT_EQ(model->scale, (Scale{GetParam().scale, 1}));
  std::string details;
  for (const auto& [key, value] : model->details)
    details += (details.empty() ? "" : ", ") + key + " " + value;
  EXPECT_EQ(details, GetParam().details);
}

// What trainers leave in a file for themselves, and a mark that says by being there what a network
// is.
bool may_be_missing(const std::string& name) {
  for (const char* part : {"eval_conv", "conv_3x3_rep", "reparam"}) {
    if (name.find(part) != name.npos) return true;
  }
  return name == "pro";
}

TEST_P(ReachingModels, NeedEveryTensor) {
  for (const WeightTensor& left_out : weights_.tensors()) {
    if (may_be_missing(left_out.name)) continue;
    Weights rest;
    for (const WeightTensor& tensor : weights_.tensors()) {
      if (tensor.name == left_out.name) continue;
      ASSERT_TRUE(rest.add(tensor));
    }
    const auto model = build_architecture(rest);
    ASSERT_FALSE(model) << "without " << left_out.name << " still a " << model->architecture;
    EXPECT_EQ(model.error().code, ErrorCode::kModel);
  }
}

TEST_P(ReachingModels, TakeNoOtherTensorAndNoOtherShape) {
  Weights more = weights_;
  ASSERT_TRUE(more.add(make_weight("another.weight", {1}, std::vector<float>(1))));
  const auto refused = build_architecture(more);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("1 unexpected tensors: another.weight"), std::string::npos)
      << refused.error().message;
  for (const WeightTensor& changed : weights_.tensors()) {
    if (may_be_missing(changed.name)) continue;
    // One more along each dimension in turn.
    for (size_t d = 0; d < changed.shape.size(); ++d) {
      Weights misshaped;
      for (const WeightTensor& tensor : weights_.tensors()) {
        if (tensor.name != changed.name) {
          ASSERT_TRUE(misshaped.add(tensor));
          continue;
        }
        std::vector<int64_t> shape = tensor.shape;
        ++shape[d];
        int64_t count = 1;
        for (const int64_t length : shape) count *= length;
        ASSERT_TRUE(misshaped.add(
            make_weight(tensor.name, shape, std::vector<float>(static_cast<size_t>(count), 0.1f))));
      }
      const auto model = build_architecture(misshaped);
      EXPECT_FALSE(model) << changed.name << ", dimension " << d;
    }
  }
}

const Network kNetworks[] = {
    {"cugan_x2", "Real-CUGAN", 2, "variant x2, in_channels 3, out_channels 3, pro no"},
    {"cugan_x2_pro", "Real-CUGAN", 2, "variant x2, in_channels 3, out_channels 3, pro yes"},
    {"cugan_x2_fast", "Real-CUGAN", 2, "variant x2 fast, in_channels 1, out_channels 1, pro no"},
    {"cugan_x3", "Real-CUGAN", 3, "variant x3, in_channels 3, out_channels 3, pro no"},
    {"cugan_x4", "Real-CUGAN", 4, "variant x4, in_channels 1, out_channels 1, pro no"},
    {"cunet_x1", "Real-CUGAN", 1, "variant CUnet x1, in_channels 3, out_channels 3, pro no"},
    {"waifu2x_vgg_7", "waifu2x", 1, "network vgg_7, in_channels 3, widths 4-4-6-6-8-8-3"},
    {"waifu2x_upconv_7", "waifu2x", 2, "network upconv_7, in_channels 3, widths 4-4-6-6-8-8"},
    {"mosr_x4", "MoSR", 4,
     "in_channels 3, out_channels 3, dim 8, n_block 2, hidden 12, kernel_size 7, upsampler ps"},
    {"mosr_gps_x2", "MoSR", 2,
     "in_channels 3, out_channels 3, dim 8, n_block 1, hidden 8, kernel_size 5, upsampler gps"},
    {"mosr_dys_x2", "MoSR", 2,
     "in_channels 3, out_channels 3, dim 8, n_block 1, hidden 12, kernel_size 7, upsampler dys"},
    {"rcan_x4", "RCAN", 4,
     "layout RCAN, channels 3, n_feats 6, n_resgroups 2, n_resblocks 2, squeezed to 2, unshuffle "
     "1, range 255"},
    {"rcan_x3_plain", "RCAN", 3,
     "layout RCAN, channels 3, n_feats 6, n_resgroups 1, n_resblocks 2, squeezed to 2, unshuffle "
     "1, range 1"},
    {"rcan_x2_unshuffle", "RCAN", 2,
     "layout RCAN, channels 3, n_feats 6, n_resgroups 1, n_resblocks 1, squeezed to 2, unshuffle "
     "2, range 255"},
    {"rcan_basicsr_x4", "RCAN", 4,
     "layout BasicSR, channels 3, n_feats 6, n_resgroups 2, n_resblocks 2, squeezed to 2, "
     "unshuffle 1, range 255"},
    {"imdn_x4", "IMDN", 4,
     "layout IMDN, in_channels 3, out_channels 3, nf 8, num_modules 2, distilled 2"},
    {"imdn_rtc_x2", "IMDN", 2,
     "layout IMDN_RTC, in_channels 3, out_channels 3, nf 8, num_modules 2, distilled 2"},
    {"imdn_kair_x3", "IMDN", 3,
     "layout KAIR, in_channels 3, out_channels 3, nf 8, num_modules 1, distilled 2"},
    {"rfdn_x2", "RFDN", 2,
     "in_channels 3, out_channels 3, nf 8, num_modules 2, distilled 4, range 255"},
    {"rlfn_x2", "RLFN", 2, "in_channels 3, out_channels 3, features 8, blocks 2, range 255"},
    {"rlfn_range_1_x3", "RLFN", 3, "in_channels 3, out_channels 3, features 8, blocks 1, range 1"},
    {"rtmosr_x2", "RTMoSR", 2, "dim 4, n_blocks 1, hidden 8, unshuffle 1, se yes, dccm yes"},
    {"rtmosr_x1_unshuffle", "RTMoSR", 1,
     "dim 4, n_blocks 1, hidden 8, unshuffle 2, se no, dccm no"},
    {"spanplus_x4", "SPANPlus", 4,
     "in_channels 3, out_channels 3, feature_channels 4, groups 2, upsampler ps"},
    {"spanplus_dys_x2", "SPANPlus", 2,
     "in_channels 3, out_channels 3, feature_channels 4, groups 1, upsampler dys"},
    {"spanplus_conv_x1", "SPANPlus", 1,
     "in_channels 3, out_channels 3, feature_channels 4, groups 1, upsampler conv"},
    {"fbcnn", "FBCNN", 1, "channels 3, features 3, quality factor predicted"},
    {"fbcnn_gray", "FBCNN", 1, "channels 1, features 3, quality factor predicted"}};

INSTANTIATE_TEST_SUITE_P(Golden, ReachingModels, testing::ValuesIn(kNetworks),
                         [](const auto& test) { return test.param.file; });

}  // namespace
}  // namespace fovea
