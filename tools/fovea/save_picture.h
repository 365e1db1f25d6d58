// A result's way into its file.
#pragma once

#include <string>
#include <vector>

#include "tools/codecs/codec.h"

namespace fovea::cli {

/// What the network made, and as what it is to be written.
struct Enlarged {
  Picture picture;
  codecs::Format format = codecs::Format::kPng;
  codecs::Metadata metadata;  ///< of the picture it was made of
};

struct SaveTask {
  std::string input;   ///< for messages
  std::string output;  ///< a path, or kStandardStream
  std::string folder;  ///< to be created with those above it; empty: it is there
  codecs::EncodeOptions encoding;
  bool overwrite = false;
  bool strict = false;  ///< nothing may be lost
};

/// Fits the picture to its format, encodes and writes it; gives what was lost, a line for each
/// thing. kOutput where writing fails, and with `strict` for what would be lost; kCancelled at a
/// signal, kMemory. Prints nothing: it may run beside other work, on a `team` of its own.
Result<std::vector<std::string>> save_picture(Enlarged enlarged, const SaveTask& task,
                                              ThreadTeam& team);

}  // namespace fovea::cli
