// A feature map whose values a graph has regrouped without changing any: Reshape, Transpose,
// Unsqueeze, Squeeze and Expand. Pixel shuffles are spelled so.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/status.h"
#include "loaders/formats/onnx/onnx_extent.h"

namespace fovea {

/// A map's axes.
enum class MapAxis { kChannels, kHeight, kWidth, kRepeated };

/// A part of an axis: of `length` indices, one counts `stride` of the whole axis. An axis of
/// 12 channels split into 3 x 2 x 2 is parts of lengths 3, 2, 2 and strides 4, 2, 1. A part of
/// kRepeated says that all its indices mean the same value.
struct AxisPart {
  MapAxis axis = MapAxis::kChannels;
  Extent length;
  Extent stride;

  bool operator==(const AxisPart&) const = default;
};

/// The dimensions of a regrouped map, each of them parts from the slowest index to the fastest;
/// parts of length 1 are left out.
class OnnxView {
 public:
  OnnxView() = default;

  /// (1, channels, height, width)
  OnnxView(int64_t channels, Extent height, Extent width);

  /// The same of a map whose picture is (1, height, width, channels).
  static OnnxView channels_last(int64_t channels, Extent height, Extent width);

  size_t rank() const { return dimensions_.size(); }
  Extent length(size_t dimension) const;
  std::vector<Extent> shape() const;
  const std::vector<AxisPart>& parts(size_t dimension) const { return dimensions_[dimension]; }

  /// Regrouped into `shape`, whose lengths may be -1 once (what is left); 0 keeps that dimension's
  /// where `zero_keeps`. kModel where a part would have to be cut at a place that is none of its.
  Result<OnnxView> reshape(std::vector<Extent> shape, bool zero_keeps) const;

  /// kModel unless `order` is a permutation of the dimensions.
  Result<OnnxView> transpose(const std::vector<int64_t>& order) const;

  /// A dimension of length 1 before dimension `at`, and one taken away.
  Result<OnnxView> unsqueeze(size_t at) const;
  Result<OnnxView> squeeze(size_t at) const;

  /// Repeated to `shape`, as ONNX's Expand broadcasts.
  Result<OnnxView> expand(const std::vector<Extent>& shape) const;

  bool operator==(const OnnxView&) const = default;

 private:
  void merge();

  std::vector<std::vector<AxisPart>> dimensions_;
};

/// A regrouped map as what the engine has: channels picked, then a shuffle or an unshuffle.
struct MapRearrangement {
  enum class Kind { kNone, kShuffle, kUnshuffle };

  Kind kind = Kind::kNone;
  int64_t factor = 1;
  /// kShuffle: the map's channel for each channel that the shuffle reads. kUnshuffle and kNone: the
  /// unshuffled map's channel for each channel of the result.
  std::vector<int64_t> channels;
};

/// `view` of a map of `map`'s shape as (1, C, H, W). No value where it is none that the engine has.
std::optional<MapRearrangement> rearrangement(const OnnxView& view, const OnnxView& map);

/// "[1, 12, H, W]" of lengths that depend on the picture or not.
std::string shape_text(const std::vector<Extent>& shape);

}  // namespace fovea
