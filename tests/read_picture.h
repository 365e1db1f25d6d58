// Picture files for tests.
#pragma once

#include <filesystem>

#include "engine/picture.h"

namespace fovea::test {

/// The picture in `path`; a failure of the running test and an empty picture where it cannot be
/// read.
Picture read_picture(const std::filesystem::path& path);

/// The samples of `picture` as a map of 1 channel (luma of a colour picture, as JPEG has it) or 3,
/// 0 ... 1.
Tensor to_map(const Picture& picture, int64_t channels);

/// `size` pixels of `map` from (top, left) on; less where it is smaller.
Tensor crop(const Tensor& map, int64_t top, int64_t left, Size size);

}  // namespace fovea::test
