// One picture of a dataset as it is measured on: the truth, and what is made of it to begin with.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/picture.h"
#include "tools/evaluation/degradation.h"
#include "tools/evaluation/plane.h"
#include "tools/fovea/eval_dataset.h"

namespace fovea::cli {

struct FileWarning {
  std::string file;
  std::string what;
  bool operator==(const FileWarning&) const = default;
};

struct EvalCase {
  std::string name;
  Picture truth;                ///< 8 bits, no alpha, sides that are multiples of the scale
  Picture small;                ///< what a network is given
  std::vector<std::byte> jpeg;  ///< the file of `small`, where it was saved as JPEG to spoil it
  /// What one of luma alone is given for the figures of the older tables: the truth's rounded luma,
  /// shrunk and not rounded again; or the luma of `small` where that was degraded.
  evaluation::Plane small_luma;
  std::vector<FileWarning> warnings;
};

/// How pictures are made ready.
struct Preparation {
  int64_t scale = 1;
  bool shrink_all = false;  ///< also where a dataset has small pictures
  evaluation::Degradation degradation;
};

/// Reads `picture`: blurs it, shrinks it by MATLAB's imresize where it has no small one of its own
/// (a blurred one has not), then adds noise and JPEG. kPicture, with the file's name, where one of
/// them cannot be read or they do not belong together.
Result<EvalCase> make_case(const TestPicture& picture, const Preparation& how);

/// A picture file with 8 bits and without alpha, as JPEG would have it; what that loses is in
/// `warnings`.
Result<Picture> read_plain(const std::string& path, std::vector<FileWarning>& warnings);

}  // namespace fovea::cli
