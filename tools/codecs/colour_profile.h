// ICC profiles: for what kind of samples one is, and samples brought to sRGB by it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "engine/picture.h"
#include "engine/status.h"

namespace fovea::codecs {

enum class ProfileSpace { kGray, kRgb, kCmyk, kOther };

/// The data colour space that the profile's header names; kOther too for bytes that are no profile.
/// Source: ICC.1:2010 §7.2.
ProfileSpace profile_space(std::span<const std::byte> profile);

/// Brings samples that a profile describes to sRGB, relative colorimetric with black point
/// compensation, as printing programs show CMYK on a screen. One thread at a time uses it.
class ToSrgb {
 public:
  /// For 8-bit samples of the profile's own space, which is gray or CMYK; of CMYK where
  /// `holds_light` is set, 255 is no ink, else 255 is all. kPicture for a profile that lcms2 does
  /// not take.
  static Result<ToSrgb> open(std::span<const std::byte> profile, bool holds_light);

  /// `count` pixels, one behind the other, to RGB.
  void convert(const uint8_t* from, uint8_t* rgb, int64_t count) const;

 private:
  struct Transform;
  explicit ToSrgb(std::shared_ptr<const Transform> transform) : transform_(std::move(transform)) {}

  std::shared_ptr<const Transform> transform_;
};

/// An 8-bit gray picture, with or without alpha, as RGB by its profile.
Result<Picture> gray_to_srgb(const Picture& gray, std::span<const std::byte> profile);

}  // namespace fovea::codecs
