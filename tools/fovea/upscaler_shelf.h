// The Upscaler that a picture needs: mostly one for all of them.
#pragma once

#include <memory>
#include <optional>

#include "tools/fovea/open_upscaler.h"
#include "tools/fovea/output_size.h"
#include "tools/fovea/picture_options.h"

namespace fovea::cli {

/// What all Upscalers of a run have in common.
struct UpscalerWish {
  ModelChoice model;
  UpscalerOptions options;  ///< with the scale where one is given
  OutputSize size;          ///< in its place: a scale for each picture
  SetNumbers numbers;
};

class UpscalerShelf {
 public:
  /// Opens the one Upscaler at once. Where each picture has a scale of its own it waits for the
  /// first; its networks are looked for all the same.
  static Result<UpscalerShelf> open(UpscalerWish wish);

  /// The scale of a picture of `input` pixels. kPicture where that is out of range.
  Result<Scale> scale_for(Size input) const;

  /// The Upscaler of that scale: the last one again, else made anew from the networks that are
  /// loaded. It stays until the next call.
  Result<OpenedUpscaler*> upscaler_for(Scale scale);

  /// The last one; none before the first.
  OpenedUpscaler* last() const { return opened_.get(); }

 private:
  Status open_at(std::optional<Scale> scale);

  UpscalerWish wish_;
  LoadedModels loaded_;
  std::unique_ptr<OpenedUpscaler> opened_;
};

}  // namespace fovea::cli
