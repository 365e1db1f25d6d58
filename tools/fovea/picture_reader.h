// Reading and decoding, of the next picture beside other work.
#pragma once

#include <cstdint>
#include <future>
#include <optional>
#include <string>

#include "loaders/formats/file_bytes.h"
#include "tools/codecs/codec.h"

namespace fovea::cli {

struct ReadPicture {
  codecs::Decoded decoded;
  FileBytes jpeg;  ///< the file where it is a JPEG, which tells more than its pixels; else nothing
};

/// What a picture that is read ahead takes at most: of 8 megapixels, with what its decoder needs
/// beside it. Larger ones are as nothing in the time of their network.
inline constexpr int64_t kMostBytesAhead = int64_t{64} << 20;

/// Reads and decodes pictures, one of them on a thread of its own if it was announced. What is
/// announced and never asked for is dropped, its errors with it. One thread at a time.
class PictureReader {
 public:
  /// Begins with `path` at once, if it is a regular file of a picture that is soon decoded: nobody
  /// should have to wait for it to learn that something else is wrong. Otherwise read() does all.
  void announce(const std::string& path);

  /// The picture at `path`, or of standard input. May throw std::bad_alloc.
  Result<ReadPicture> read(const std::string& path);

 private:
  std::string announced_;
  std::future<Result<std::optional<ReadPicture>>> read_;  // no value: it was too large
};

}  // namespace fovea::cli
