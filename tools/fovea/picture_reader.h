// Reading and decoding, of the first picture beside other work.
#pragma once

#include <future>
#include <string>

#include "tools/codecs/codec.h"

namespace fovea::cli {

/// Reads and decodes pictures, one of them on a thread of its own if it was announced. What is
/// announced and never asked for is dropped, its errors with it. One thread at a time.
class PictureReader {
 public:
  /// Begins with `path` at once, if it is a regular file that is soon decoded: nobody should have
  /// to wait for it to learn that something else is wrong. Otherwise read() does all.
  void announce(const std::string& path);

  /// The picture at `path`, or of standard input. May throw std::bad_alloc.
  Result<codecs::Decoded> read(const std::string& path);

 private:
  std::string announced_;
  std::future<Result<codecs::Decoded>> decoded_;
};

}  // namespace fovea::cli
