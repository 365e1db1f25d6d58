// What an architecture reads off its tensors and metadata before it is built.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/model.h"
#include "engine/weights.h"

namespace fovea {

/// The shape of a convolution's weight (out_channels, in_channels, kernel, kernel).
struct ConvolutionShape {
  int64_t out_channels = 0;
  int64_t in_channels = 0;
  int64_t kernel = 0;
};

/// The shape of tensor NAME.weight. kModel when it is missing, not of rank 4, empty, or not of an
/// odd square kernel.
Result<ConvolutionShape> convolution_shape(const Weights& weights, const std::string& name);

/// True when `name` is there with `rank` dimensions.
bool has_rank(const Weights& weights, std::string_view name, size_t rank);

/// How many of PREFIX0SUFFIX, PREFIX1SUFFIX, ... follow each other without a gap. Never more than
/// there are tensors.
int64_t count_numbered(const Weights& weights, std::string_view prefix, std::string_view suffix);

/// How the channels of a convolution in front of a pixel shuffle split: out_channels * factor^2.
struct ShuffledChannels {
  int64_t out_channels = 0;
  int64_t factor = 1;
};

/// Where several splits fit, as many channels out as in come first, then 3, 4, 1; a scale in the
/// metadata, which is the factor over that of an `unshuffle` before, decides among them. kModel
/// where none fits.
Result<ShuffledChannels> split_shuffled(const Weights& weights, int64_t in_channels,
                                        int64_t channels, int64_t unshuffle = 1);

/// What a network of in -> out channels takes and gives: 3 -> 3, 1 -> 1, 1 -> 3 or 4 -> 4. kModel
/// for others.
Result<ColourMode> colour_mode(int64_t in_channels, int64_t out_channels);

/// The same, but that 1 -> 1 is luma in studio range: classical networks are trained on that.
Result<ColourMode> luma_or_colour(int64_t in_channels, int64_t out_channels);

/// The number that metadata `key` is. kModel when it is there and no finite number.
Result<std::optional<double>> metadata_number(const Weights& weights, const std::string& key);

/// The metadata key `range`: what the network's values are of samples in 0...1. kModel when it is
/// there and neither 1 nor 255.
Result<std::optional<double>> metadata_range(const Weights& weights);

/// The metadata key `scale`, or else `upscale`. kModel when it is there and no scale.
Result<std::optional<Scale>> metadata_scale(const Weights& weights);

/// `model` behind a bicubic enlargement of the picture, by the metadata's scale or else
/// with_scale's.
Result<Model> after_bicubic(Model model, const Weights& weights);

/// The metadata's scale, else what the caller told; for networks whose tensors leave it open.
/// kModel, with what to do, when nobody tells it or it is not within 1...16.
Result<int64_t> needed_scale(const Weights& weights);

}  // namespace fovea
