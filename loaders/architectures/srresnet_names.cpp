#include "loaders/architectures/srresnet_names.h"

#include <fmt/format.h>

#include "loaders/architectures/parameters.h"

namespace fovea {
namespace {

SrresnetNames::Block block_named(const std::string& prefix) {
  return {prefix + ".conv1", prefix + ".bn1", prefix + ".prelu", prefix + ".conv2",
          prefix + ".bn2"};
}

// block1 ... block8, of which block2 on are residual until one is not.
SrresnetNames numbered_blocks(const Weights& weights) {
  SrresnetNames names;
  names.layout = "block1 to block8";
  names.first = "block1.0";
  names.first_activation = "block1.1";
  int64_t i = 2;
  for (; weights.contains(fmt::format("block{}.conv1.weight", i)); ++i)
    names.blocks.push_back(block_named(fmt::format("block{}", i)));
  names.middle = fmt::format("block{}.0", i);
  names.middle_norm = fmt::format("block{}.1", i);
  const std::string tail = fmt::format("block{}", i + 1);
  const int64_t ups = count_numbered(weights, tail + ".", ".conv.weight");
  for (int64_t u = 0; u < ups; ++u)
    names.ups.push_back({fmt::format("{}.{}.conv", tail, u), fmt::format("{}.{}.prelu", tail, u)});
  names.last = fmt::format("{}.{}", tail, ups);
  names.ends_in_tanh = true;
  return names;
}

// trunk.N.rcb; `conv` is "conv" or, in older files, "conv_block".
SrresnetNames trunk(const Weights& weights, const std::string& conv) {
  SrresnetNames names;
  names.layout = "trunk and upsampling";
  names.first = conv + "1.0";
  names.first_activation = conv + "1.1";
  const int64_t blocks = count_numbered(weights, "trunk.", ".rcb.0.weight");
  for (int64_t i = 0; i < blocks; ++i) {
    const std::string rcb = fmt::format("trunk.{}.rcb.", i);
    names.blocks.push_back({rcb + "0", rcb + "1", rcb + "2", rcb + "3", rcb + "4"});
  }
  names.middle = conv + "2.0";
  names.middle_norm = conv + "2.1";
  const int64_t ups = count_numbered(weights, "upsampling.", ".upsample_block.0.weight");
  for (int64_t u = 0; u < ups; ++u) {
    const std::string up = fmt::format("upsampling.{}.upsample_block.", u);
    names.ups.push_back({up + "0", up + "2"});
  }
  names.last = conv + "3";
  return names;
}

// initial, residuals, convblock, upsamples, final. Every block has a PReLU, used or not.
SrresnetNames named_parts(const Weights& weights) {
  SrresnetNames names;
  names.layout = "initial to final";
  names.first = "initial.cnn";
  names.first_activation = "initial.act";
  const int64_t blocks = count_numbered(weights, "residuals.", ".block1.cnn.weight");
  for (int64_t i = 0; i < blocks; ++i) {
    const std::string one = fmt::format("residuals.{}.block1.", i);
    const std::string two = fmt::format("residuals.{}.block2.", i);
    names.blocks.push_back({one + "cnn", one + "bn", one + "act", two + "cnn", two + "bn"});
    names.unused.push_back(two + "act.weight");
  }
  names.middle = "convblock.cnn";
  names.middle_norm = "convblock.bn";
  names.unused.push_back("convblock.act.weight");
  const int64_t ups = count_numbered(weights, "upsamples.", ".conv.weight");
  for (int64_t u = 0; u < ups; ++u)
    names.ups.push_back({fmt::format("upsamples.{}.conv", u), fmt::format("upsamples.{}.act", u)});
  names.last = "final";
  names.ends_in_tanh = true;
  return names;
}

}  // namespace

std::optional<SrresnetNames> srresnet_names(const Weights& weights) {
  const auto has = [&](const char* name) { return has_rank(weights, name, 4); };
  if (has("block1.0.weight") && has("block2.conv1.weight") && has("block2.conv2.weight"))
    return numbered_blocks(weights);
  if (has("trunk.0.rcb.0.weight") && has("conv1.0.weight")) return trunk(weights, "conv");
  if (has("trunk.0.rcb.0.weight") && has("conv_block1.0.weight"))
    return trunk(weights, "conv_block");
  if (has("initial.cnn.weight") && has("residuals.0.block1.cnn.weight") && has("final.weight"))
    return named_parts(weights);
  return std::nullopt;
}

}  // namespace fovea
