// What is lost on the way into a format: alpha and the low byte.
#include <utility>

#include "tools/codecs/backends.h"

namespace fovea::codecs {
namespace {

// Over white, which has the value 1 in each channel: c * a + 1 * (1 - a), rounded to nearest.
// The products fit easily: 65535^2 < 2^33.
Result<Picture> composed_over_white(const Picture& picture) {
  const int colours = picture.colour_channels();
  FOVEA_ASSIGN_OR_RETURN(Picture opaque,
                         Picture::create(picture.size(), colours, picture.bit_depth()));
  const int64_t white = picture.max_sample();
  for (int64_t y = 0; y < picture.height(); ++y) {
    for (int64_t x = 0; x < picture.width(); ++x) {
      const int64_t alpha = picture.sample(y, x, colours);
      for (int c = 0; c < colours; ++c) {
        const int64_t sum = picture.sample(y, x, c) * alpha + white * (white - alpha);
        opaque.set_sample(y, x, c, (sum + white / 2) / white);
      }
    }
  }
  return opaque;
}

// v / 257 rounded to nearest: 65535 = 255 * 257, and 257 is odd, so there are no ties.
Result<Picture> rounded_to_8_bits(const Picture& picture) {
  FOVEA_ASSIGN_OR_RETURN(Picture narrow, Picture::create(picture.size(), picture.channels(), 8));
  for (int64_t y = 0; y < picture.height(); ++y) {
    for (int64_t x = 0; x < picture.width(); ++x) {
      for (int c = 0; c < picture.channels(); ++c) {
        narrow.set_sample(y, x, c, (picture.sample(y, x, c) * 255 + 32767) / 65535);
      }
    }
  }
  return narrow;
}

}  // namespace

Result<Picture> fit_to_format(Picture picture, Format format, std::vector<std::string>& warnings) {
  const Capability can = capability(format);
  Picture fitted = std::move(picture);
  // Alpha first, at full depth, so that there is one rounding to 8 bits and not two.
  if (fitted.has_alpha() && !can.alpha) {
    FOVEA_ASSIGN_OR_RETURN(fitted, composed_over_white(fitted));
    warnings.push_back("transparency laid over white: " + std::string(format_name(format)) +
                       " holds none");
  }
  if (fitted.bit_depth() == 16 && !can.sixteen_bit) {
    FOVEA_ASSIGN_OR_RETURN(fitted, rounded_to_8_bits(fitted));
    warnings.push_back("16 bits a channel rounded to 8: " + std::string(format_name(format)) +
                       " holds no more");
  }
  return fitted;
}

}  // namespace fovea::codecs
