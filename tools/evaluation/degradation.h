// What happens to pictures before anyone wants them larger or better: blur, noise, JPEG.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/picture.h"

namespace fovea::evaluation {

/// In the order in which it happens; the picture is shrunk between blur and noise.
struct Degradation {
  std::optional<double> blur;   ///< of the large picture: a Gaussian's sigma, in its pixels
  std::optional<double> noise;  ///< standard deviation, in steps of 8 bits
  std::optional<int> jpeg;      ///< quality, 1...100
  uint64_t seed = 0;            ///< of the noise

  bool spoils() const { return blur || noise || jpeg; }
};

/// "blur 1.2, noise 10 (seed 0), JPEG 40"; "none".
std::string to_string(const Degradation& degradation);

/// `picture` of 8 bits convolved with a Gaussian that is cut off at 4 sigma, borders mirrored, the
/// edge pixel once; rounded to 8 bits at the end.
Result<Picture> blurred(const Picture& picture, double sigma);

/// `picture` of 8 bits with white Gaussian noise of its own in each sample, rounded and held to
/// 0...255. The noise depends on `seed`, on `name` and on the picture's size and channels, and on
/// nothing else.
Result<Picture> with_noise(const Picture& picture, double deviation, uint64_t seed,
                           std::string_view name);

/// A picture and the file it is of.
struct JpegPicture {
  Picture picture;
  std::vector<std::byte> file;
};

/// `picture` of 8 bits and without alpha once through JPEG: libjpeg's tables at `quality`, chroma
/// not subsampled (4:4:4).
Result<JpegPicture> through_jpeg(const Picture& picture, int quality);

}  // namespace fovea::evaluation
