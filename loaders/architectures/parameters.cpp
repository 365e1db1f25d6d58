#include "loaders/architectures/parameters.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace fovea {
namespace {

// s where channels == out * s^2, else 0.
int64_t shuffle_factor(int64_t channels, int64_t out_channels) {
  if (channels % out_channels != 0) return 0;
  const int64_t area = channels / out_channels;
  const auto root = static_cast<int64_t>(std::lround(std::sqrt(static_cast<double>(area))));
  return root * root == area ? root : 0;
}

}  // namespace

Result<ConvolutionShape> convolution_shape(const Weights& weights, const std::string& name) {
  const std::string tensor_name = name + ".weight";
  const WeightTensor* tensor = weights.find(tensor_name);
  if (tensor == nullptr) return fail(ErrorCode::kModel, "tensor {} is missing", tensor_name);
  const auto& shape = tensor->shape;
  const bool square = shape.size() == 4 && shape[2] == shape[3] && shape[2] % 2 == 1;
  if (!square || shape[0] < 1 || shape[1] < 1)
    return fail(ErrorCode::kModel, "tensor {} has shape {}, expected [out, in, k, k] with an odd k",
                tensor_name, shape_string(shape));
  return ConvolutionShape{shape[0], shape[1], shape[2]};
}

bool has_rank(const Weights& weights, std::string_view name, size_t rank) {
  const WeightTensor* tensor = weights.find(name);
  return tensor != nullptr && tensor->shape.size() == rank;
}

int64_t count_numbered(const Weights& weights, std::string_view prefix, std::string_view suffix) {
  int64_t count = 0;
  while (weights.contains(fmt::format("{}{}{}", prefix, count, suffix))) ++count;
  return count;
}

Result<ShuffledChannels> split_shuffled(const Weights& weights, int64_t in_channels,
                                        int64_t channels, int64_t unshuffle) {
  FOVEA_ASSIGN_OR_RETURN(const std::optional<Scale> wanted, metadata_scale(weights));
  bool any = false;
  for (const int64_t out : std::array<int64_t, 4>{in_channels, 3, 4, 1}) {
    const int64_t factor = shuffle_factor(channels, out);
    if (factor == 0) continue;
    any = true;
    if (!wanted || *wanted == make_scale(factor, unshuffle)) return ShuffledChannels{out, factor};
  }
  if (any)
    return fail(ErrorCode::kModel,
                "the metadata's scale {} does not fit the last convolution's {} channels",
                to_string(*wanted), channels);
  return fail(ErrorCode::kModel,
              "the last convolution's {} channels are not 1, 3, 4 or {} times a square", channels,
              in_channels);
}

Result<ColourMode> colour_mode(int64_t in_channels, int64_t out_channels) {
  if (in_channels == 3 && out_channels == 3) return ColourMode::kRgb;
  if (in_channels == 1 && out_channels == 1) return ColourMode::kGray;
  if (in_channels == 1 && out_channels == 3) return ColourMode::kGrayToRgb;
  if (in_channels == 4 && out_channels == 4) return ColourMode::kRgba;
  return fail(
      ErrorCode::kModel,
      "the network turns {} channels into {}; pictures need 3 into 3, 1 into 1, 1 into 3 or "
      "4 into 4",
      in_channels, out_channels);
}

Result<ColourMode> luma_or_colour(int64_t in_channels, int64_t out_channels) {
  if (in_channels == 1 && out_channels == 1) return ColourMode::kLuma;
  return colour_mode(in_channels, out_channels);
}

Result<std::optional<double>> metadata_number(const Weights& weights, const std::string& key) {
  const auto found = weights.metadata.find(key);
  if (found == weights.metadata.end()) return std::optional<double>();
  const std::string& text = found->second;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    return fail(ErrorCode::kModel, "metadata {} is \"{}\", which is no number", key, text);
  return std::optional<double>(value);
}

Result<std::optional<double>> metadata_range(const Weights& weights) {
  FOVEA_ASSIGN_OR_RETURN(const std::optional<double> range, metadata_number(weights, "range"));
  if (range && *range != 1 && *range != 255)
    return fail(ErrorCode::kModel, "metadata range is {}, expected 1 or 255", *range);
  return range;
}

Result<std::optional<Scale>> metadata_scale(const Weights& weights) {
  for (const char* key : {"scale", "upscale"}) {
    const auto found = weights.metadata.find(key);
    if (found == weights.metadata.end()) continue;
    auto scale = parse_scale(found->second);
    if (!scale)
      return fail(ErrorCode::kModel, "metadata {} is \"{}\": {}", key, found->second,
                  scale.error().message);
    return std::optional<Scale>(*scale);
  }
  return std::optional<Scale>();
}

Result<Model> after_bicubic(Model model, const Weights& weights) {
  model.resize_before = Resize{ResizeFilter::kBicubic, kUnknownScale, -0.5, true};
  FOVEA_ASSIGN_OR_RETURN(const std::optional<Scale> scale, metadata_scale(weights));
  if (!scale) return model;
  return with_scale(std::move(model), *scale);
}

Result<int64_t> needed_scale(const Weights& weights) {
  constexpr int64_t kMaxScale = 16;
  FOVEA_ASSIGN_OR_RETURN(std::optional<Scale> scale, metadata_scale(weights));
  if (const auto told = weights.told.find("scale"); !scale && told != weights.told.end()) {
    FOVEA_ASSIGN_OR_RETURN(scale, parse_scale(told->second));
  }
  if (!scale)
    return fail(ErrorCode::kModel,
                "its weights do not tell its scale; give it with -s, or as the metadata key scale");
  for (int64_t s = 1; s <= kMaxScale; ++s) {
    if (*scale == Scale{s, 1}) return s;
  }
  return fail(ErrorCode::kModel, "scale {} is no whole number within 1...{}; give its own with -s",
              to_string(*scale), kMaxScale);
}

}  // namespace fovea
