// What an EXIF block says of how the pixels are to be shown, and the block of a picture that has
// been turned upright and made larger.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "engine/status.h"
#include "engine/tensor.h"
#include "tools/codecs/metadata.h"

namespace fovea::codecs {

/// `exif` without the "Exif\0\0" that leads it in JPEG.
std::span<const std::byte> tiff_of_exif(std::span<const std::byte> exif);

/// The orientation tag (0x0112) of the first directory, 1...8; 1 when there is none. `exif` is a
/// TIFF block
/// ("II*\0" or "MM\0*"), with or without the "Exif\0\0" that leads it in JPEG. kPicture when the
/// block is broken before the tag is found, or the tag's value is not 1...8. Reads nothing outside
/// `exif`, follows no offset but the first directory's, and allocates nothing but a message.
/// Source: Exif 2.32 (CIPA DC-008) §4.5, §4.6.4; TIFF 6.0 §2.
Result<int> read_orientation(std::span<const std::byte> exif);

/// What the first directory says of pixels per inch or centimetre; nothing where it does not.
std::optional<Density> read_density(std::span<const std::byte> exif);

/// The block for the same picture upright: orientation 1, and without its thumbnail, which lies as
/// the picture lay, where that was not 1 before. `exif` has been read by read_orientation().
std::vector<std::byte> upright_exif(std::span<const std::byte> exif);

/// Sets the sides that the block tells, where it tells them, to those of `size`.
void set_exif_size(std::vector<std::byte>& exif, Size size);

/// A block that says nothing but this.
std::vector<std::byte> exif_of_density(Density density);

}  // namespace fovea::codecs
