#include "loaders/architectures/rrdbnet_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "loaders/architectures/parameters.h"

namespace fovea {
namespace {

constexpr int64_t kMaxUps = 32;  // more is refused where scales are

// conv_up1, conv_up2, ... as far as they go.
std::vector<std::string> numbered(const Weights& weights, std::string_view prefix) {
  std::vector<std::string> names;
  for (int64_t i = 1; i <= kMaxUps; ++i) {
    std::string name = fmt::format("{}{}", prefix, i);
    if (!weights.contains(name + ".weight")) break;
    names.push_back(std::move(name));
  }
  return names;
}

// The largest N of model.N.weight; 0 where there is none.
int64_t largest_of_model(const Weights& weights) {
  constexpr std::string_view kPrefix = "model.";
  int64_t largest = 0;
  for (const WeightTensor& tensor : weights.tensors()) {
    if (tensor.name.compare(0, kPrefix.size(), kPrefix) != 0) continue;
    const char* const begin = tensor.name.data() + kPrefix.size();
    const char* const end = tensor.name.data() + tensor.name.size();
    int64_t number = 0;
    const auto [rest, error] = std::from_chars(begin, end, number);
    if (error == std::errc() &&
        std::string_view(rest, static_cast<size_t>(end - rest)) == ".weight")
      largest = std::max(largest, number);
  }
  return largest;
}

// Real-ESRGAN (BasicSR).
RrdbNetNames of_2021(const Weights& weights) {
  return {"Real-ESRGAN",
          "conv_first",
          "body",
          "rdb",
          "",
          "conv_body",
          numbered(weights, "conv_up"),
          "conv_hr",
          "conv_last",
          count_numbered(weights, "body.", ".rdb1.conv1.weight")};
}

// BSRGAN, RealSR, and ESRGAN as rewritten in 2020.
RrdbNetNames of_2020(const Weights& weights) {
  return {"ESRGAN of 2020",
          "conv_first",
          "RRDB_trunk",
          "RDB",
          "",
          "trunk_conv",
          numbered(weights, "upconv"),
          "HRconv",
          "conv_last",
          count_numbered(weights, "RRDB_trunk.", ".RDB1.conv1.weight")};
}

// One Sequential, whose members without weights count too: 0 the first convolution, 1 the trunk
// with its last convolution behind the blocks, then three for each enlargement (upsample,
// convolution, activation), convolution and activation, the last convolution.
RrdbNetNames of_2018(const Weights& weights) {
  const int64_t last = largest_of_model(weights);
  const int64_t blocks = count_numbered(weights, "model.1.sub.", ".RDB1.conv1.0.weight");
  RrdbNetNames names{"ESRGAN of 2018",
                     "model.0",
                     "model.1.sub",
                     "RDB",
                     ".0",
                     fmt::format("model.1.sub.{}", blocks),
                     {},
                     fmt::format("model.{}", last - 2),
                     fmt::format("model.{}", last),
                     blocks};
  for (int64_t i = 1; 3 * i < last - 2 && i <= kMaxUps; ++i)
    names.ups.push_back(fmt::format("model.{}", 3 * i));
  return names;
}

}  // namespace

std::string RrdbNetNames::convolution(int64_t block, int dense, int index) const {
  return fmt::format("{}.{}.{}{}.conv{}{}", trunk, block, dense_block, dense, index, suffix);
}

std::string RrdbNetNames::shortcut(int64_t block, int dense) const {
  return fmt::format("{}.{}.{}{}.conv1x1", trunk, block, dense_block, dense);
}

std::optional<RrdbNetNames> rrdbnet_names(const Weights& weights) {
  if (weights.contains("model.0.weight") && weights.contains("model.1.sub.0.RDB1.conv1.0.weight"))
    return of_2018(weights);
  if (!weights.contains("conv_first.weight") || !weights.contains("conv_last.weight"))
    return std::nullopt;
  if (weights.contains("RRDB_trunk.0.RDB1.conv1.weight") && weights.contains("trunk_conv.weight"))
    return of_2020(weights);
  if (weights.contains("body.0.rdb1.conv1.weight") && weights.contains("conv_body.weight"))
    return of_2021(weights);
  return std::nullopt;
}

}  // namespace fovea
