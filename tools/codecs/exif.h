// The orientation in an EXIF block: the one thing in it that changes how the pixels are to be read.
#pragma once

#include <cstddef>
#include <span>

#include "engine/status.h"

namespace fovea::codecs {

/// The orientation tag (0x0112) of the first directory, 1...8; 1 when there is none. `exif` is a
/// TIFF block
/// ("II*\0" or "MM\0*"), with or without the "Exif\0\0" that leads it in JPEG. kPicture when the
/// block is broken before the tag is found, or the tag's value is not 1...8. Reads nothing outside
/// `exif`, follows no offset but the first directory's, and allocates nothing but a message.
/// Source: Exif 2.32 (CIPA DC-008) §4.5, §4.6.4; TIFF 6.0 §2.
Result<int> read_orientation(std::span<const std::byte> exif);

}  // namespace fovea::codecs
