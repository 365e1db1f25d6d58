// JPEG files as libjpeg itself writes them, of every kind that it knows.
#pragma once

#include <cstdint>
#include <cstdio>  // jpeglib.h needs FILE and includes nothing
#include <functional>
#include <vector>

#include <jpeglib.h>

#include "tests/codec_files.h"

namespace fovea::codecs {

/// `samples` (height, width, components) of the colour space `space` as libjpeg's own defaults
/// write them, at quality 95, after `configure`.
File write_with_libjpeg(Size size, int components, J_COLOR_SPACE space,
                        const std::vector<uint8_t>& samples,
                        const std::function<void(jpeg_compress_struct&)>& configure);

/// The samples of an 8-bit picture.
std::vector<uint8_t> samples_of(const Picture& picture);

}  // namespace fovea::codecs
