// Files that a picture becomes together with what another file said.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/codec_expect.h"

namespace fovea::codecs {

// The file that a picture becomes with what another file said; what it lost on the way.
struct Saved {
  File file;
  std::vector<std::string> lost;
};

inline Saved saved(const Decoded& decoded, Format format, int quality = 95) {
  Saved result;
  auto picture = fit_to_format(decoded.picture.copy().value(), format, result.lost);
  EXPECT_TRUE(picture);
  auto metadata = fit_metadata(decoded.metadata, format, *picture, result.lost);
  EXPECT_TRUE(metadata) << metadata.error().message;
  auto file = encode(*picture, format, {.quality = quality, .metadata = &*metadata}, kName);
  EXPECT_TRUE(file) << file.error().message;
  if (file) result.file = std::move(*file);
  return result;
}

inline Decoded said(const Picture& picture, Metadata metadata) {
  Decoded decoded;
  decoded.picture = picture.copy().value();
  decoded.metadata = std::move(metadata);
  return decoded;
}

}  // namespace fovea::codecs
