// Model: a Graph and how it wants its picture. Immutable once loaded and shared between sessions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph.h"

namespace fovea {

/// What the network's channels mean.
enum class ColourMode {
  kRgb,   ///< 3 -> 3, sRGB as stored
  kLuma,  ///< 1 -> 1 on BT.601 luma in studio range (MATLAB's rgb2ycbcr), chroma resized beside it
          ///< (SRCNN)
  kGray,  ///< 1 -> 1 on full-range gray; a colour picture goes through as luma, chroma resized
          ///< beside it
  kGrayToRgb,  ///< 1 -> 3
  kRgba        ///< 4 -> 4
};

/// The name of the condition that is a JPEG file's quality, 1...100.
inline constexpr std::string_view kJpegQuality = "quality";

/// A number that a network is told of the picture beside its samples: how strong the noise is, how
/// strongly it was compressed. It is one more channel, the same in every pixel.
struct Condition {
  std::string name;
  double lowest = 0;
  double highest = 1;
  double unit = 1;  ///< the channel holds number / unit, as colours hold 0...1
  std::optional<double>
      usual;  ///< what is told where nobody tells a number: of the file's metadata
};

/// A network ready to be run by any backend.
struct Model {
  Graph graph;

  ColourMode colour = ColourMode::kRgb;

  /// Output size over input size. kUnknownScale when the weights do not tell (SRCNN): then
  /// `resize_before` is set and with_scale() must be called before the model can run.
  Scale scale = kUnknownScale;

  /// A resize of the picture that precedes the network (SRCNN, VDSR: bicubic); its scale is set by
  /// with_scale(). The classical methods are this and an empty graph.
  std::optional<Resize> resize_before;

  /// The picture's sides must be multiples of this (pixel-unshuffle): padded by reflection right
  /// and bottom, the result cropped.
  int64_t padding_multiple = 1;

  /// What the network is told: its graph's input then has one more channel, behind the colours.
  std::optional<Condition> condition;

  /// It takes the picture of a JPEG file for one like that the file was made from, of the same
  /// size: a result that may be held to what the file still tells (Upscaler's ResultFilter).
  bool undoes_jpeg = false;

  /// The network's values are (sample in 0...1) * range; its output is divided by range.
  float range = 1.0f;

  std::string architecture;  ///< "RRDBNet", "SRVGGNetCompact", ...
  std::vector<std::pair<std::string, std::string>>
      details;                                  ///< e.g. {"num_feat", "64"}, in print order
  std::string format;                           ///< "safetensors", "ncnn", "built-in"
  std::map<std::string, std::string> metadata;  ///< as the file had it
};

/// `model` with a scale of its own: for a model with resize_before, the resize becomes the graph's
/// first operator and `scale` the model's. kUsage when the model's scale is fixed and another one.
Result<Model> with_scale(Model model, Scale scale);

/// nearest, bilinear, bicubic (a = -0.5), lanczos: resampling by MATLAB imresize's conventions, at
/// any scale. No value when `name` is none of them.
std::optional<Model> classical_model(std::string_view name);

/// The names classical_model knows.
std::vector<std::string_view> classical_model_names();

}  // namespace fovea
