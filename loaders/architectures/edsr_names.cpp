#include "loaders/architectures/edsr_names.h"

#include <fmt/format.h>

#include "loaders/architectures/parameters.h"

namespace fovea {
namespace {

// PREFIX.0, PREFIX.2, ...: a pixel shuffle stands between two. Or, with a step of 1, a module of
// both each, of whose names SUFFIX is the rest.
std::vector<std::string> upsampling(const Weights& weights, const std::string& prefix,
                                    int64_t step = 2, const std::string& suffix = "") {
  std::vector<std::string> ups;
  for (int64_t i = 0; weights.contains(fmt::format("{}.{}{}.weight", prefix, i, suffix)); i += step)
    ups.push_back(fmt::format("{}.{}{}", prefix, i, suffix));
  return ups;
}

}  // namespace

std::optional<EdsrNames> edsr_names(const Weights& weights) {
  const auto has = [&](const char* name) { return has_rank(weights, name, 4); };
  EdsrNames names;
  if (has("head.0.weight") && has("body.0.body.0.weight") && has("body.0.body.2.weight") &&
      has("tail.1.weight")) {
    names.layout = "EDSR-PyTorch";
    names.first = "head.0";
    const int64_t blocks = count_numbered(weights, "body.", ".body.0.weight");
    for (int64_t i = 0; i < blocks; ++i)
      names.blocks.push_back({fmt::format("body.{}.body.0", i), fmt::format("body.{}.body.2", i)});
    names.middle = fmt::format("body.{}", blocks);
    names.ups = upsampling(weights, "tail.0");
    names.last = "tail.1";
    names.has_stored_mean = true;
    return names;
  }
  if (has("conv_first.weight") && has("body.0.conv1.weight") && has("conv_after_body.weight")) {
    const bool is_mmediting = has("upsample.0.upsample_conv.weight");
    names.layout = is_mmediting ? "MMEditing" : "BasicSR";
    if (is_mmediting) names.range = 1.0;
    names.first = "conv_first";
    const int64_t blocks = count_numbered(weights, "body.", ".conv1.weight");
    for (int64_t i = 0; i < blocks; ++i)
      names.blocks.push_back({fmt::format("body.{}.conv1", i), fmt::format("body.{}.conv2", i)});
    names.middle = "conv_after_body";
    names.ups = is_mmediting ? upsampling(weights, "upsample", 1, ".upsample_conv")
                             : upsampling(weights, "upsample");
    names.last = "conv_last";
    return names;
  }
  return std::nullopt;
}

}  // namespace fovea
