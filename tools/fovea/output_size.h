// --width, --height, --long-edge and --short-edge: a result of exactly that size, whatever the
// picture's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/scale.h"
#include "engine/status.h"
#include "engine/tensor.h"

namespace fovea::cli {

/// What was asked for, in pixels; the proportions of the picture are kept.
struct OutputSize {
  std::optional<int64_t> width;
  std::optional<int64_t> height;  ///< with `width`: the largest that both hold
  std::optional<int64_t> long_edge;
  std::optional<int64_t> short_edge;

  /// False where nothing was asked for and the scale decides.
  bool is_given() const { return width || height || long_edge || short_edge; }
};

/// kUsage where edges are mixed with each other or with sides, or with a scale.
Status check_output_size(const OutputSize& size, bool scale_given);

/// The scale that a picture of `input` pixels gets. kPicture over 64.
Result<Scale> scale_to(const OutputSize& size, Size input);

/// What it adds to a file's name: "1920x1080", "1920w", "1080h", "long1920", "short1080".
std::string size_word(const OutputSize& size);

}  // namespace fovea::cli
