#include "tests/read_picture.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "loaders/formats/read_file.h"
#include "tools/codecs/codec.h"

namespace fovea::test {

Picture read_picture(const std::filesystem::path& path) {
  auto bytes = read_file(path, size_t{1} << 24, ErrorCode::kPicture);
  if (!bytes) {
    ADD_FAILURE() << path << ": " << bytes.error().message;
    return {};
  }
  auto decoded = codecs::decode(bytes->span(), path.string(), {});
  EXPECT_TRUE(decoded) << decoded.error().message;
  return decoded ? std::move(decoded->picture) : Picture();
}

Tensor to_map(const Picture& picture, int64_t channels) {
  Tensor map(picture.size(), channels);
  const int64_t colours = picture.colour_channels();
  for (int64_t y = 0; y < picture.height(); ++y) {
    for (int64_t x = 0; x < picture.width(); ++x) {
      const auto sample = [&](int64_t c) {
        const int64_t from = colours == 1 ? 0 : c;
        return static_cast<float>(picture.sample(y, x, static_cast<int>(from))) /
               static_cast<float>(picture.max_sample());
      };
      float* to = map.view().at(y, x);
      for (int64_t c = 0; c < channels; ++c) to[c] = sample(c);
      if (channels == 1) to[0] = 0.299f * sample(0) + 0.587f * sample(1) + 0.114f * sample(2);
    }
  }
  return map;
}

Tensor crop(const Tensor& map, int64_t top, int64_t left, Size size) {
  const Size smaller{std::min(size.height, map.size().height - top),
                     std::min(size.width, map.size().width - left)};
  Tensor cropped(smaller, map.channels());
  for (int64_t y = 0; y < smaller.height; ++y)
    std::copy_n(map.view().at(top + y, left), smaller.width * map.channels(),
                cropped.view().at(y, 0));
  return cropped;
}

}  // namespace fovea::test
